/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#include "packet/capture_expression.h"

#define SNAPSHOT_MAX	262144	/* the limit of libpcap, in octets */

struct capture_expression {
	struct bpf_program	 program;
};

bool
capture_expression_moves_offsets(const char *expression)
{
	static const char *const words[] = {
		"vlan", "mpls", "pppoes", "geneve", "vxlan", "pppoed",
	};
	size_t	 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(expression, words[i]) != NULL)
			return (true);
	return (false);
}

char *
capture_expression_through_vlan(const char *expression)
{
	char	*text;
	int	 n;

	if (capture_expression_moves_offsets(expression))
		return (strdup(expression));
	/* Each `vlan` moves the offsets after it by one tag. */
	n = asprintf(&text, "(%s) or (vlan and (%s)) or (vlan and (%s))",
	    expression, expression, expression);
	return (n < 0 ? NULL : text);
}

static bool
compile(struct bpf_program *program, const char *expression,
    int link_type, char *error)
{
	pcap_t	*pcap;
	bool	 fine;

	pcap = pcap_open_dead(link_type == 101 ? DLT_RAW : link_type,
	    SNAPSHOT_MAX);
	if (pcap == NULL) {
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
		return (false);
	}
	fine = pcap_compile(pcap, program, expression, 1,
	    PCAP_NETMASK_UNKNOWN) == 0;
	if (!fine)
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", pcap_geterr(pcap));
	pcap_close(pcap);
	return (fine);
}

struct capture_expression *
capture_expression_new(const char *expression, int link_type, char *error)
{
	struct capture_expression	*e;
	char				*through;
	bool				 fine;

	e = calloc(1, sizeof(*e));
	through = capture_expression_through_vlan(expression);
	if (e == NULL || through == NULL) {
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
		free(through);
		free(e);
		return (NULL);
	}
	fine = compile(&e->program, through, link_type, error) ||
	    compile(&e->program, expression, link_type, error);
	free(through);
	if (!fine) {
		free(e);
		return (NULL);
	}
	return (e);
}

void
capture_expression_free(struct capture_expression *e)
{
	if (e == NULL)
		return;
	pcap_freecode(&e->program);
	free(e);
}

bool
capture_expression_matches(const struct capture_expression *e,
    const struct capture_frame *frame)
{
	struct pcap_pkthdr	 header = {
		.caplen = (bpf_u_int32)frame->captured,
		.len = (bpf_u_int32)frame->wire,
	};

	return (pcap_offline_filter(&e->program, &header, frame->bytes) != 0);
}
