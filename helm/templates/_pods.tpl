{{/*
What all our pods share. The image runs one program, `gatehouse`; a pod chooses its word.

    gatehouse.settings   the settings that are no secret, as a map of environment names
    gatehouse.env        the settings that are, by reference, and extraEnv
    gatehouse.pod        (root, part) the pod's own fields: identity, confinement, placement, volumes
    gatehouse.container  the container's own fields: image, confinement, /tmp
*/}}

{{- define "gatehouse.settings" -}}
GATEHOUSE_ISSUER: {{ required "settings.issuer: the public https address" .Values.settings.issuer | quote }}
GATEHOUSE_ENVIRONMENT: {{ .Values.settings.environment | quote }}
GATEHOUSE_HOST: "0.0.0.0"
GATEHOUSE_PORT: "8000"
GATEHOUSE_WORKERS: {{ .Values.web.workers | quote }}
GATEHOUSE_POOL_SIZE: {{ .Values.settings.poolSize | quote }}
GATEHOUSE_DEFAULT_LOCALE: {{ .Values.settings.defaultLocale | quote }}
GATEHOUSE_MAIL_FROM: {{ required "settings.mailFrom: the address that mail comes from" .Values.settings.mailFrom | quote }}
GATEHOUSE_OPERATOR: {{ .Values.settings.operator | quote }}
{{- with .Values.settings.contact }}
GATEHOUSE_CONTACT: {{ . | quote }}
{{- end }}
{{- with .Values.settings.country }}
GATEHOUSE_COUNTRY: {{ . | quote }}
{{- end }}
GATEHOUSE_LEGACY_RESPONSE_TYPES: {{ .Values.settings.legacyResponseTypes | quote }}
{{- with .Values.mutualTls }}
{{- if .address }}
GATEHOUSE_MTLS_ADDRESS: {{ .address | quote }}
GATEHOUSE_CERTIFICATE_HEADER: {{ .certificateHeader | quote }}
{{- if not $.Values.settings.trustedProxies }}
{{- fail "mutualTls: name your ingress controller in settings.trustedProxies, or nobody's certificate is believed" }}
{{- end }}
{{- if .authorities.configMap }}
GATEHOUSE_CLIENT_AUTHORITIES: /etc/gatehouse/authorities/{{ .authorities.key }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.settings.trustedProxies }}
GATEHOUSE_TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
{{- end }}

{{- define "gatehouse.fromSecret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}

{{- define "gatehouse.secretName" -}}
{{ required "secret.name: the Secret that you made" .Values.secret.name }}
{{- end }}

{{/*
The master key comes by the environment and not as a file: fsGroup would make a mounted secret
readable for the group, and the program refuses a key file that anyone but its owner can read.
*/}}
{{- define "gatehouse.env" -}}
{{- include "gatehouse.envAs" (dict "root" . "database" (dict)) -}}
{{- end }}

{{/* (root, database) A job may come to the database as another role, by a Secret of its own. */}}
{{- define "gatehouse.envAs" -}}
{{- $secret := include "gatehouse.secretName" .root -}}
{{- $keys := .root.Values.secret.keys -}}
{{- $database := ternary .database (dict "secret" $secret "key" $keys.databaseUrl) (not (empty .database.secret)) -}}
{{ include "gatehouse.fromSecret" (dict "name" "GATEHOUSE_DATABASE_URL" "secret" $database.secret "key" $database.key) }}
{{ include "gatehouse.fromSecret" (dict "name" "GATEHOUSE_MASTER_KEY" "secret" $secret "key" $keys.masterKey) }}
{{ include "gatehouse.fromSecret" (dict "name" "GATEHOUSE_SMTP_URL" "secret" $secret "key" $keys.smtpUrl) }}
{{- with .root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "gatehouse.pod" -}}
{{- $root := .root -}}
automountServiceAccountToken: false
# Without this, Kubernetes would set GATEHOUSE_PORT=tcp://… and more for a Service named
# gatehouse; the program refuses settings that it does not know.
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .part.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir:
      medium: Memory
      sizeLimit: 32Mi
  {{- if include "gatehouse.authorities" $root }}
  - name: client-authorities
    configMap:
      name: {{ include "gatehouse.authorities" $root }}
  {{- end }}
  {{- with $root.Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "gatehouse.confinement" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "gatehouse.container" -}}
image: {{ include "gatehouse.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{ include "gatehouse.confinement" . }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if include "gatehouse.authorities" . }}
  - name: client-authorities
    mountPath: /etc/gatehouse/authorities
    readOnly: true
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* (root, component) Replicas of one part stand on different nodes and zones where there are some. */}}
{{- define "gatehouse.spread" -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "gatehouse.selector" $.root | nindent 6 }}
      app.kubernetes.io/component: {{ $.component }}
{{- end }}
{{- end }}
