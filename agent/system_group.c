/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <sys/utsname.h>

#include <stdio.h>

#include "system_group.h"

/* In libnetsnmpmibs; no header declares it. */
extern void	 init_system_mib(void);

/*
 * A value that a directive sets cannot be changed by a SET, which would be lost
 * at a restart.  So there are also directives for empty values.
 */
static const char *const	 defaults[] = {
	"sysObjectID ." HBW_MIB_ROOT_TEXT ".3",
	"sysContact \"\"",
	"sysLocation \"\"",
	"sysServices 64",	/* applications: layer 7 only */
};

void
system_group_register(void)
{
	struct utsname	 host;
	char		 text[sizeof(host) + 64];
	size_t		 i;

	init_system_mib();
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		snprintf(text, sizeof(text), "%s", defaults[i]);
		netsnmp_config(text);
	}
	if (uname(&host) != 0)
		return;
	snprintf(text, sizeof(text), "sysDescr hbwatchd " PACKAGE_VERSION
	    " on %s %s %s", host.sysname, host.release, host.machine);
	netsnmp_config(text);
	snprintf(text, sizeof(text), "sysName %s", host.nodename);
	netsnmp_config(text);
}
