{{/* Names and labels. Every include takes the root context unless it says otherwise. */}}

{{- define "gatehouse.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Short enough that the longest suffix still fits into the 52 characters a CronJob may have. */}}
{{- define "gatehouse.fullname" -}}
{{- $name := include "gatehouse.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{ .Values.fullnameOverride | default $full | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "gatehouse.selector" -}}
app.kubernetes.io/name: {{ include "gatehouse.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gatehouse.labels" -}}
{{ include "gatehouse.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: gatehouse
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "gatehouse.serviceAccount" -}}
{{- $own := ternary (include "gatehouse.fullname" .) "default" .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default $own }}
{{- end }}

{{/* A digest says exactly which image; a tag beside it is for people. */}}
{{- define "gatehouse.image" -}}
{{- $repository := required "image.repository: where the image was pushed" .Values.image.repository -}}
{{- $tagged := printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- if .Values.image.digest -}}
{{ printf "%s@%s" (ternary $tagged $repository (ne .Values.image.tag "")) .Values.image.digest }}
{{- else -}}
{{ $tagged }}
{{- end -}}
{{- end }}

{{- define "gatehouse.host" -}}
{{ (urlParse (.Values.settings.issuer | default "https://localhost")).host }}
{{- end }}

{{- define "gatehouse.registrations" -}}
{{- if .Values.registrations.existingConfigMap -}}
{{ .Values.registrations.existingConfigMap }}
{{- else if .Values.registrations.documents -}}
{{ include "gatehouse.fullname" . }}-registrations
{{- end -}}
{{- end }}

{{/* Who vouches for services' certificates, where services can show any. */}}
{{- define "gatehouse.authorities" -}}
{{- if .Values.mutualTls.address -}}{{ .Values.mutualTls.authorities.configMap }}{{- end -}}
{{- end }}
