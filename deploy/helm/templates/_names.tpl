{{- define "gradewire.name" -}}
{{- if contains "gradewire" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-gradewire" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "gradewire.natsName" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}-nats
{{- end }}

{{- define "gradewire.selector" -}}
app.kubernetes.io/name: gradewire
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gradewire.labels" -}}
{{ include "gradewire.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "gradewire.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "gradewire.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "gradewire.name" .) }}
{{- end }}

{{- define "gradewire.configMap" -}}
{{ .Values.existingConfigMap | default (include "gradewire.name" .) }}
{{- end }}

{{- /* Large whole numbers stay whole: toYaml would write 10737418240 as 1.073741824e+10. */ -}}
{{- define "gradewire.connectorYaml" -}}
{{ toPrettyJson .Values.config }}
{{- end }}

{{- /* Port of the training database, NATS and the HR database, as a list. */ -}}
{{- define "gradewire.ports" -}}
{{- $config := .Values.config }}
{{- $given := .Values.networkPolicy.ports }}
{{- $source := $config.source | default dict }}
{{- $target := $config.target | default dict }}
{{- $nats := list }}
{{- range (($config.changeLog | default dict).servers | default list) }}
{{- $nats = append $nats (regexReplaceAll "^.*:([0-9]+)/?$" . "${1}" | int) }}
{{- end }}
source: [{{ $given.source | default $source.port | default 3306 | int }}]
changeLog: {{ if $given.changeLog }}[{{ int $given.changeLog }}]{{ else }}{{ $nats | uniq | default (list 4222) | toJson }}{{ end }}
target: [{{ $given.target | default $target.port | default (eq ($target.kind | default "postgresql") "mysql" | ternary 3306 5432) | int }}]
{{- end }}
