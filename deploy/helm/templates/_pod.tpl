{{- define "gradewire.podSecurity" -}}
runAsNonRoot: true
{{- if not .Values.podSecurity.assignedByPlatform }}
runAsUser: {{ .Values.podSecurity.runAsUser }}
runAsGroup: {{ .Values.podSecurity.runAsUser }}
fsGroup: {{ .Values.podSecurity.runAsUser }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "gradewire.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* Volumes of every pod that runs gradewire. Called with the root context and the ConfigMap's name. */ -}}
{{- define "gradewire.volumes" -}}
- name: config
  configMap: { name: {{ .configMap }}, items: [{ key: connector.yaml, path: connector.yaml }] }
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- with .root.Values.secrets }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $from := . }}
      - secret: { name: {{ $from.secret }}, items: [{ key: {{ $from.key }}, path: {{ $name }} }] }
      {{- end }}
{{- end }}
{{- end }}

{{- define "gradewire.container" -}}
image: {{ include "gradewire.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext: {{- include "gradewire.containerSecurity" . | nindent 2 }}
{{- with .Values.extraEnv }}
env: {{- toYaml . | nindent 2 }}
{{- end }}
resources: {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - { name: config, mountPath: /etc/gradewire, readOnly: true }
  - { name: tmp, mountPath: /tmp }
  {{- if .Values.secrets }}
  - { name: secrets, mountPath: /run/secrets/gradewire, readOnly: true }
  {{- end }}
{{- end }}

{{- define "gradewire.podSettings" -}}
serviceAccountName: {{ include "gradewire.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "gradewire.podSecurity" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}
