{{/* Name of what the release has once. Takes the release's name. */}}
{{- define "flight-delay.fullname" -}}
{{- if contains "flight-delay" . }}{{ . }}{{ else }}{{ . }}-flight-delay{{ end }}
{{- end }}

{{/* Name of a version's objects. Takes {release, version}. */}}
{{- define "flight-delay.versionName" -}}
{{ include "flight-delay.fullname" .release }}-{{ .version }}
{{- end }}

{{/* Name of a version's Deployment and Service, which KServe makes. Takes {release, version}. */}}
{{- define "flight-delay.predictorName" -}}
{{ include "flight-delay.versionName" . }}-predictor
{{- end }}

{{/* Labels that select the release's pods, and stay as they are for good. Takes the release's name. */}}
{{- define "flight-delay.selector" -}}
app.kubernetes.io/name: flight-delay
app.kubernetes.io/instance: {{ . | quote }}
app.kubernetes.io/component: version
{{- end }}

{{/* Labels of what the release has once. The chart's version is not among them: what does not change does not roll. Takes the release. */}}
{{- define "flight-delay.labels" -}}
app.kubernetes.io/name: flight-delay
app.kubernetes.io/instance: {{ .Name | quote }}
app.kubernetes.io/managed-by: {{ .Service }}
{{- end }}

{{/* Labels of a version's objects. Takes {release, version}, release being the object. */}}
{{- define "flight-delay.versionLabels" -}}
{{ include "flight-delay.labels" .release }}
app.kubernetes.io/component: version
app.kubernetes.io/version: {{ .version | quote }}
{{- end }}

{{/* Labels of a route that leads to inference, which is what policies select by. Takes the release. */}}
{{- define "flight-delay.routeLabels" -}}
{{ include "flight-delay.labels" . }}
app.kubernetes.io/component: inference
{{- end }}

{{/* Reference of an image. Takes {image, appVersion}. */}}
{{- define "flight-delay.image" -}}
{{- if .image.digest }}{{ .image.repository }}@{{ .image.digest }}{{ else }}{{ .image.repository }}:{{ .image.tag | default .appVersion }}{{ end }}
{{- end }}

{{/* Name of the service account. Takes {serviceAccount, release}. */}}
{{- define "flight-delay.serviceAccountName" -}}
{{ .serviceAccount.name | default (include "flight-delay.fullname" .release) }}
{{- end }}

{{/* Public paths below one model or version, as a JSON array. Takes the path of it. */}}
{{- define "flight-delay.modelPaths" -}}
{{ list . (printf "%s/infer" .) (printf "%s/ready" .) (printf "%s/openapi.json" .) (printf "%s/sample-request.json" .) | toJson }}
{{- end }}

{{/* Paths of the pages for people below one model or version, as a JSON array. Takes the path of it. */}}
{{- define "flight-delay.pagePaths" -}}
{{ list (printf "%s/page" .) (printf "%s/api" .) | toJson }}
{{- end }}

{{/* The methods that a GRPCRoute lets through, as a JSON array: not those that load and unload. */}}
{{- define "flight-delay.grpcMethods" -}}
["ModelInfer","ModelMetadata","ModelReady","ServerLive","ServerMetadata","ServerReady"]
{{- end }}

{{/* What a policy of Envoy Gateway holds for: every route to inference of a kind. Takes {kind, release}, release being its name. */}}
{{- define "flight-delay.policyTarget" -}}
group: gateway.networking.k8s.io
kind: {{ .kind }}
matchLabels:
  app.kubernetes.io/name: flight-delay
  app.kubernetes.io/instance: {{ .release | quote }}
  app.kubernetes.io/component: inference
{{- end }}

{{/* Where a route hangs. Takes {gateway, release, namespace, listener}. */}}
{{- define "flight-delay.parentRef" -}}
name: {{ .gateway.name | default (include "flight-delay.fullname" .release) | quote }}
{{- if and .gateway.namespace (ne .gateway.namespace .namespace) }}
namespace: {{ .gateway.namespace | quote }}
{{- end }}
sectionName: {{ .listener | quote }}
{{- end }}

{{/* A container's security context, Pod Security "restricted" and a read-only root. Takes the numeric user. */}}
{{- define "flight-delay.securityContext" -}}
runAsNonRoot: true
runAsUser: {{ . | int64 }}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What an autoscaler may do, and how fast. Takes the seconds before pods go. */}}
{{- define "flight-delay.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - {type: Percent, value: 100, periodSeconds: 15}
    - {type: Pods, value: 2, periodSeconds: 15}
scaleDown:
  stabilizationWindowSeconds: {{ . | int64 }}
  policies:
    - {type: Percent, value: 50, periodSeconds: 60}
{{- end }}

{{/* The autoscaling of a version as JSON: its own where it has any, else everybody's. Takes {all, own}. */}}
{{- define "flight-delay.autoscaling" -}}
{{ merge (dict) (.own.autoscaling | default dict) .all | toJson }}
{{- end }}
