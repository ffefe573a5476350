s/@TOP@/agentx, history, storm, rate, realtime, snmp, source, service, role, host, include, alarm, watch/
s/@ALARM@/name, severity, type, service-type, repair-unknown, repair-neverHeard, repair-instanceStopped, repair-floatingIpMisconfigured, repair-linkAbnormal, repair-hostDown, repair-oneWayLink, repair-peerHung, repair-dualActive, repair-localFault, repair-filtered, repair-handshakeFailed, interruption/
s/@WATCH@/interface, peer, peer-host, peer-mac, local, vlan, hop-limit, heartbeat, alarm, interruption, recovery, decapsulate, log, log-pattern, probe, enabled, source, service, role, host/
