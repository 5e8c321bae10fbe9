{{- /* What cannot work is refused before it is installed, with the reason and what to do. */ -}}
{{- define "gradewire.refusals" -}}
{{- $v := .Values }}
{{- if and (not $v.config) (not $v.existingConfigMap) }}
{{- fail "config is empty: put the connector's configuration there (deploy/helm/examples shows one), or name a ConfigMap in existingConfigMap" }}
{{- end }}
{{- if and $v.config $v.existingConfigMap }}
{{- fail "config and existingConfigMap are both given: keep one" }}
{{- end }}
{{- if and (gt (int $v.replicas) 1) (not $v.ha.enabled) }}
{{- fail "replicas is above 1 without ha.enabled: two processes of one connector would fence each other in turns; set ha.enabled=true (one works, the others stand by), or replicas=1" }}
{{- end }}
{{- if and $v.ha.enabled (lt (int $v.replicas) 2) }}
{{- fail "ha.enabled with fewer than 2 replicas has nobody to take over: set replicas=2" }}
{{- end }}
{{- if and $v.ha.enabled $v.nats.enabled }}
{{- fail "ha.enabled with nats.enabled: the chart's NATS is a single server, which the standby cannot replace; use a NATS cluster of your own, or ha.enabled=false" }}
{{- end }}
{{- if gt (int $v.applyProcesses) 1 }}
{{- if ne $v.topology "split" }}
{{- fail "applyProcesses is above 1 with topology combined: capture cannot be divided; set topology=split" }}
{{- end }}
{{- if $v.existingConfigMap }}
{{- fail "applyProcesses is above 1 with existingConfigMap: the chart cannot see its apply.lanes; give config instead, or applyProcesses=1" }}
{{- end }}
{{- if lt (int (($v.config.apply | default dict).lanes | default 1)) (int $v.applyProcesses) }}
{{- fail "applyProcesses is above config.apply.lanes: a process without a lane has nothing to do; set config.apply.lanes to at least as many" }}
{{- end }}
{{- end }}
{{- if eq (int $v.podSecurity.runAsUser) 0 }}
{{- fail "podSecurity.runAsUser is 0: gradewire never runs as root; the image's user is 65532" }}
{{- end }}
{{- if not (regexMatch "^(sha256:[0-9a-f]{64})?$" $v.image.digest) }}
{{- fail "image.digest must be sha256: and 64 hexadecimal digits" }}
{{- end }}
{{- if and $v.serviceMonitor.enabled (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) }}
{{- fail "serviceMonitor.enabled, but this cluster does not know monitoring.coreos.com/v1: install the Prometheus operator first, or set serviceMonitor.enabled=false (offline: helm template --api-versions monitoring.coreos.com/v1)" }}
{{- end }}
{{- if and $v.prometheusRule.enabled (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) }}
{{- fail "prometheusRule.enabled, but this cluster does not know monitoring.coreos.com/v1: install the Prometheus operator first, or set prometheusRule.enabled=false (offline: helm template --api-versions monitoring.coreos.com/v1)" }}
{{- end }}
{{- if $v.config }}{{ include "gradewire.configRefusals" . }}{{ end }}
{{- end }}

{{- define "gradewire.configRefusals" -}}
{{- $v := .Values }}
{{- $config := $v.config }}
{{- if and (hasKey $config "http") (kindIs "bool" $config.http) }}
{{- fail "config.http is false: without it Kubernetes cannot probe the pods; leave it out, the chart sets the port (service.port)" }}
{{- end }}
{{- range $path := regexFindAll "/run/secrets/gradewire/[^\"]*" (toJson $config) -1 }}
{{- $name := base $path }}
{{- if not (hasKey $v.secrets $name) }}
{{- fail (printf "config names the file %s, but secrets has no %s: add secrets.%s: { secret: NAME, key: KEY }" $path $name $name) }}
{{- end }}
{{- end }}
{{- range $name, $from := $v.secrets }}
{{- if not (contains (printf "/run/secrets/gradewire/%s\"" $name) (toJson $config)) }}
{{- fail (printf "secrets.%s is not used by config: remove it, or write { file: /run/secrets/gradewire/%s }" $name $name) }}
{{- end }}
{{- end }}
{{- if $v.nats.enabled }}
{{- $url := printf "nats://%s:4222" (include "gradewire.natsName" .) }}
{{- if ne (toJson (($config.changeLog | default dict).servers | default list)) (toJson (list $url)) }}
{{- fail (printf "nats.enabled, but config.changeLog.servers does not name it: write servers: [%q], or set nats.enabled=false" $url) }}
{{- end }}
{{- if gt (int (($config.changeLog | default dict).replicas | default 1)) 1 }}
{{- fail "config.changeLog.replicas is above 1 with nats.enabled: a single server cannot keep replicas; leave it out" }}
{{- end }}
{{- if ne (hasKey ($config.changeLog | default dict) "token") (not (empty $v.nats.token)) }}
{{- fail "nats.token and config.changeLog.token belong together: give both, from the same Secret, or neither" }}
{{- end }}
{{- end }}
{{- end }}
