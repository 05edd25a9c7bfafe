{{- /* One thing or a list of them, as a list. */ -}}
{{- define "tuning.list" -}}
{{- if kindIs "map" . }}{{ list . | toJson }}{{ else }}{{ . | default list | toJson }}{{ end -}}
{{- end }}

{{- /* Ranges of numbers, whose limits are text in the spec. */ -}}
{{- define "tuning.numbers" -}}
{{- $ranges := list -}}
{{- range include "tuning.list" . | fromJsonArray -}}
{{- $ranges = append $ranges (dict
  "name" .name
  "minValue" (include "sagemaker.text" .minValue)
  "maxValue" (include "sagemaker.text" .maxValue)
  "scalingType" (.scalingType | default "Auto")
) -}}
{{- end -}}
{{ toJson $ranges }}
{{- end }}

{{- /* Ranges of words. */ -}}
{{- define "tuning.words" -}}
{{- $ranges := list -}}
{{- range include "tuning.list" . | fromJsonArray -}}
{{- $values := list -}}
{{- range .values }}{{ $values = append $values (include "sagemaker.text" .) }}{{ end -}}
{{- $ranges = append $ranges (dict "name" .name "values" $values) -}}
{{- end -}}
{{ toJson $ranges }}
{{- end }}

{{- /* All ranges, by the names that they have in the spec. */ -}}
{{- define "tuning.ranges" -}}
{{- $ranges := dict -}}
{{- with .integerParameterRanges -}}
{{- $_ := set $ranges "integerParameterRanges" (include "tuning.numbers" . | fromJsonArray) -}}
{{- end -}}
{{- with .continuousParameterRanges -}}
{{- $_ := set $ranges "continuousParameterRanges" (include "tuning.numbers" . | fromJsonArray) -}}
{{- end -}}
{{- with .categoricalParameterRanges -}}
{{- $_ := set $ranges "categoricalParameterRanges" (include "tuning.words" . | fromJsonArray) -}}
{{- end -}}
{{ toJson $ranges }}
{{- end }}
