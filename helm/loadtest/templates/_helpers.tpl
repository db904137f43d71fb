{{/* Name of everything. Takes the release's name. */}}
{{- define "loadtest.fullname" -}}
{{- if contains "loadtest" . }}{{ . }}{{ else }}{{ . }}-loadtest{{ end }}
{{- end }}

{{/* Labels of everything. Takes the release. */}}
{{- define "loadtest.labels" -}}
app.kubernetes.io/name: loadtest
app.kubernetes.io/instance: {{ .Name }}
app.kubernetes.io/managed-by: {{ .Service }}
{{- end }}

{{/* Reference of an image. Takes {image, appVersion}. */}}
{{- define "loadtest.image" -}}
{{- if .image.digest }}{{ .image.repository }}@{{ .image.digest }}{{ else }}{{ .image.repository }}:{{ .image.tag | default .appVersion }}{{ end }}
{{- end }}

{{/* Locust's arguments, as a JSON array. Takes the values. */}}
{{- define "loadtest.arguments" -}}
{{- $options := dict "host" .host "run-time" (int64 .runSeconds) "rate" .rate "report" "/tmp/report" }}
{{- $options = merge $options (dict "p95-ms" .budgets.p95Ms "p99-ms" .budgets.p99Ms "error-rate" .budgets.errorRate "min-rps" .budgets.minRps) .options }}
{{- $arguments := list .scenario "--headless" "--only-summary" }}
{{- range $name, $value := $options }}
{{- if not (kindIs "invalid" $value) }}
{{- $arguments = append $arguments (printf "--%s=%v" $name $value) }}
{{- end }}
{{- end }}
{{- toJson $arguments }}
{{- end }}
