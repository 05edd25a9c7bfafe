{{- /*
How values become fields of a spec. This file is the same in all charts for jobs. Templates that give lists or maps
give them as JSON.
*/ -}}

{{- /* A name for the object: the one that was chosen, or the release's, which no other release has. */ -}}
{{- define "sagemaker.name" -}}
{{ .Values.name | default .Release.Name }}
{{- end }}

{{- define "sagemaker.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- /*
A value as text. Helm reads every number as a float, which Go writes as 1e+06 for a million and JSON does not; what a
float cannot hold is refused. A list or a map becomes JSON, as SageMaker's own containers expect it.
*/ -}}
{{- define "sagemaker.text" -}}
{{- if kindIs "string" . -}}
{{ . }}
{{- else -}}
{{- if and (kindIs "float64" .) (or (gt . 9007199254740991.0) (lt . -9007199254740991.0)) -}}
{{- fail (printf "the number %v is too long to be kept as it is written: put it in quotes" .) -}}
{{- end -}}
{{ toRawJson . }}
{{- end -}}
{{- end }}

{{- /* A map whose values are all text; null leaves a member out. */ -}}
{{- define "sagemaker.texts" -}}
{{- $texts := dict -}}
{{- range $name, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $texts $name (include "sagemaker.text" $value) -}}
{{- end -}}
{{- end -}}
{{ toJson $texts }}
{{- end }}

{{- /* A map as a list of pairs, by name. Arguments: the map, the member for the name (name, key). */ -}}
{{- define "sagemaker.pairs" -}}
{{- $pairs := list -}}
{{- $member := index . 1 -}}
{{- range $name, $text := include "sagemaker.texts" (index . 0) | fromJson -}}
{{- $pairs = append $pairs (dict $member $name "value" $text) -}}
{{- end -}}
{{ toJson $pairs }}
{{- end }}

{{- /*
Merge a map into another, deeply. A list or a scalar takes the place of what was there, and null takes it away.
Arguments: into, from.
*/ -}}
{{- define "sagemaker.merge" -}}
{{- $into := index . 0 -}}
{{- range $name, $value := index . 1 -}}
{{- $there := get $into $name -}}
{{- if and (kindIs "map" $there) (kindIs "map" $value) -}}
{{- include "sagemaker.merge" (list $there $value) -}}
{{- else if kindIs "invalid" $value -}}
{{- $_ := unset $into $name -}}
{{- else -}}
{{- $_ := set $into $name $value -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /*
What a training job and the definition of a tuning job have in common. Arguments: the values, and members that every
channel has unless it says otherwise.
*/ -}}
{{- define "sagemaker.training" -}}
{{- $given := index . 0 -}}
{{- $usual := index . 1 -}}
{{- $channels := list -}}
{{- range $given.inputDataConfig -}}
{{- $channels = append $channels (include "sagemaker.channel" (list . $usual) | fromJson) -}}
{{- end -}}
{{- $made := dict
  "roleArn" $given.roleArn
  "algorithmSpecification" (dict "trainingImage" $given.image "trainingInputMode" $given.trainingInputMode)
  "outputDataConfig" (dict "s3OutputPath" $given.outputPath)
  "resourceConfig" (dict
    "instanceCount" (int64 $given.instanceCount)
    "instanceType" $given.instanceType
    "volumeSizeInGB" (int64 $given.volumeSizeInGB))
  "stoppingCondition" (include "sagemaker.stopping" $given | fromJson)
-}}
{{- with $channels }}{{ $_ := set $made "inputDataConfig" . }}{{ end -}}
{{- range $name := list "enableManagedSpotTraining" "enableNetworkIsolation" "enableInterContainerTrafficEncryption" -}}
{{- if hasKey $given $name -}}{{- $_ := set $made $name (get $given $name) -}}{{- end -}}
{{- end -}}
{{- with $given.vpcConfig -}}
{{- $_ := set $made "vpcConfig" (dict "securityGroupIds" .securityGroupIDs "subnets" .subnets) -}}
{{- end -}}
{{- with $given.checkpointConfig }}{{ $_ := set $made "checkpointConfig" . }}{{ end -}}
{{ toJson $made }}
{{- end }}

{{- /*
maxRuntimeInSeconds, or stoppingCondition.maxRuntime, which goes before it. Spot training must have a limit for waiting
and running together; without one it is that for running.
*/ -}}
{{- define "sagemaker.stopping" -}}
{{- $given := .stoppingCondition | default dict -}}
{{- $runtime := $given.maxRuntime | default .maxRuntimeInSeconds | int64 -}}
{{- $made := dict "maxRuntimeInSeconds" $runtime -}}
{{- with $given.maxWaitTime | default (ternary $runtime 0 (default false .enableManagedSpotTraining)) -}}
{{- $_ := set $made "maxWaitTimeInSeconds" (int64 .) -}}
{{- end -}}
{{ toJson $made }}
{{- end }}

{{- /* A channel of input. Arguments: the channel's values, members that it has unless it says otherwise. */ -}}
{{- define "sagemaker.channel" -}}
{{- $given := index . 0 -}}
{{- $made := merge (dict "channelName" $given.channel) (index . 1) -}}
{{- with $given.s3 -}}
{{- $source := dict
  "s3Uri" .s3Uri
  "s3DataType" (.s3DataType | default "S3Prefix")
  "s3DataDistributionType" (.s3DataDistributionType | default "FullyReplicated")
-}}
{{- with .attributeNames }}{{ $_ := set $source "attributeNames" . }}{{ end -}}
{{- $_ := set $made "dataSource" (dict "s3DataSource" $source) -}}
{{- end -}}
{{- with $given.fileSystem -}}
{{- $mode := .fileSystemAccessMode | default $given.fileSystemAccessMode | default "ro" -}}
{{- $source := dict
  "fileSystemType" .fileSystemType
  "fileSystemId" .fileSystemID
  "directoryPath" .directoryPath
  "fileSystemAccessMode" $mode
-}}
{{- $_ := set $made "dataSource" (dict "fileSystemDataSource" $source) -}}
{{- end -}}
{{- $_ := set $made "compressionType" ($given.compressionType | default "None") -}}
{{- $type := ternary $given.contentType "text/csv" (hasKey $given "contentType") -}}
{{- with $type }}{{ $_ := set $made "contentType" . }}{{ end -}}
{{- range $name := list "inputMode" "recordWrapperType" "shuffleConfig" -}}
{{- with get $given $name }}{{ $_ := set $made $name . }}{{ end -}}
{{- end -}}
{{ toJson $made }}
{{- end }}
