{{/* The groups of files/rules.yaml, with each alert's heading in the runbook. Takes the root, which the file's template needs. */}}
{{- define "flight-delay.ruleGroups" -}}
{{- $groups := tpl (.Files.Get "files/rules.yaml") . | fromYamlArray }}
{{- range $group := $groups }}
{{- range $rule := $group.rules }}
{{- if hasKey $rule "alert" }}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s#%s" $.Values.monitoring.rules.runbook (lower $rule.alert)) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $groups }}
{{- end }}
