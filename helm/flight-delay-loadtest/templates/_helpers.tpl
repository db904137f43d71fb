{{/* Name of everything. Takes the release's name. */}}
{{- define "loadtest.fullname" -}}
{{- if contains "loadtest" . }}{{ . }}{{ else }}{{ . }}-loadtest{{ end }}
{{- end }}

{{/* Labels that the master's Service selects by, beside its index. Takes the release. */}}
{{- define "loadtest.labels" -}}
app.kubernetes.io/name: flight-delay-loadtest
app.kubernetes.io/instance: {{ .Name | quote }}
app.kubernetes.io/managed-by: {{ .Service }}
{{- end }}

{{/* Options of locust that both kinds of pods are given, a line each. Takes the root. */}}
{{- define "loadtest.options" -}}
- {{ .Values.scenario }}
- --headless
- {{ printf "--host=%s" (required "host is not set: it must be the URL that is asked, such as http://flight-delay.example.com" .Values.host) | quote }}
- --run-time={{ .Values.runTimeSeconds | int64 }}
- --report=/report/{{ if .Values.report.claim }}{{ .Release.Name }}{{ else }}loadtest{{ end }}
{{- range $name, $value := .Values.options }}
- {{ printf "--%s=%s" $name (kindIs "float64" $value | ternary (toJson $value) (toString $value)) | quote }}
{{- end }}
{{- end }}
