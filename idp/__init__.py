"""Citizens: who they are and how we know. Knows no agency, no client, no HTTP, no OAuth."""
