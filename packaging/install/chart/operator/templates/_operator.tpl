{{- /* What selects the operator's pods: in a shared namespace other operators have the first label too. */}}
{{- define "sagemaker-operator.podLabels" -}}
control-plane: controller-manager
app.kubernetes.io/name: sagemaker-k8s-operator
{{- end }}

{{- /* The port of the metrics: behind the proxy, or as the operator serves them. */}}
{{- define "sagemaker-operator.metricsPort" -}}
{{ ternary "https" "http" .Values.proxy.enabled }}
{{- end }}
{{- define "sagemaker-operator.metricsPortNumber" -}}
{{ ternary 8443 8080 .Values.proxy.enabled }}
{{- end }}

{{- /* Of the pod and of its containers: the Pod Security Standard 'restricted'. */}}
{{- define "sagemaker-operator.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities:
  drop:
    - ALL
readOnlyRootFilesystem: true
{{- end }}

{{- define "sagemaker-operator.arguments" -}}
- --metrics-addr={{ ternary "127.0.0.1" "" .Values.proxy.enabled }}:8080
- --health-addr=:8081
- --enable-leader-election
{{- with include "sagemaker-operator.namespaces" . }}
- --namespace={{ . }}
{{- end }}
{{- with .Values.kinds }}
- --kinds={{ join "," . }}
{{- end }}
{{- /* The Lease is in the release's namespace, and nobody else's. With one name for good, a pod for other kinds or
namespaces waits for the one that it replaces. */}}
{{- if or .Values.kinds .Values.namespaces }}
- --lease-name=sagemaker-k8s-operator
{{- end }}
{{- with .Values.clusterName }}
- {{ printf "--cluster-name=%s" . | quote }}
{{- end }}
{{- if ne .Values.logFormat "text" }}
- --log-format={{ .Values.logFormat }}
{{- end }}
{{- if ne .Values.logLevel "info" }}
- --log-level={{ .Values.logLevel }}
{{- end }}
{{- range .Values.eventsQueues }}
- --events-queue={{ . }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ quote . }}
{{- end }}
{{- end }}
