s/@TOP@/agentx, history, storm, rate, realtime, snmp, source, service, role, host, include, alarm, watch/
s/@ALARM@/name, severity, type, service-type, interruption/
s/@WATCH@/interface, peer, peer-mac, local, vlan, hop-limit, heartbeat, alarm, interruption, recovery, decapsulate, enabled, source, service, role, host/
