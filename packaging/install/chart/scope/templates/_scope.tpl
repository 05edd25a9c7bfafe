{{- /* The namespaces whose objects the operator works on, comma separated; empty for all. */}}
{{- define "sagemaker-operator.namespaces" -}}
{{- if ne (join "," .Values.namespaces) "*" }}
{{- join "," (.Values.namespaces | default (list .Release.Namespace)) }}
{{- end }}
{{- end }}
