/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
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

/* ---- direction and other metadata of the kernel */

/* The length of the word that begins here, as in pcap-filter(7), or 0. */
static size_t
word_length(const char *text)
{
	return (strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.\\"));
}

bool
capture_expression_uses_ifindex(const char *text)
{
	static const char	 word[] = "ifindex";
	size_t			 n;

	for (; *text != '\0'; text += n > 0 ? n : 1) {
		n = word_length(text);
		if (n == strlen(word) && memcmp(text, word, n) == 0)
			return (true);
	}
	return (false);
}

/*
 * Copies an expression for received frames: replaces `inbound` by a term that
 * is true, and `outbound` by one that is false.  For most link types the
 * direction is metadata, and only the kernel can compare it.  NULL when memory
 * is exhausted.
 */
static char *
without_direction(const char *text)
{
	char	*copy;
	size_t	 length;
	FILE	*stream = open_memstream(&copy, &length);
	size_t	 n;

	if (stream == NULL)
		return (NULL);
	for (; *text != '\0'; text += n) {
		n = word_length(text);
		if (n == strlen("inbound") && memcmp(text, "inbound", n) == 0)
			fputs("(1 = 1)", stream);
		else if (n == strlen("outbound") &&
		    memcmp(text, "outbound", n) == 0)
			fputs("(1 = 0)", stream);
		else
			fwrite(text, 1, n = n > 0 ? n : 1, stream);
	}
	if (fclose(stream) == 0)
		return (copy);
	free(copy);
	return (NULL);
}

/*
 * True when a program reads metadata of the kernel, such as `ifindex`, which is
 * not in the frame.  Their offsets are negative; see SKF_AD_OFF of Linux.
 */
static bool
reads_metadata(const struct bpf_program *program)
{
	const struct bpf_insn	*i = program->bf_insns;
	u_int			 n;

	for (n = 0; n < program->bf_len; n++)
		if (BPF_CLASS(i[n].code) == BPF_LD && i[n].k > INT32_MAX &&
		    (BPF_MODE(i[n].code) == BPF_ABS ||
		    BPF_MODE(i[n].code) == BPF_IND))
			return (true);
	return (false);
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
	if (!fine) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", pcap_geterr(pcap));
	} else if (reads_metadata(program)) {
		snprintf(error, CAPTURE_ERROR_SIZE, "it reads data that is not "
		    "in the packet, such as ifindex");
		pcap_freecode(program);
		fine = false;
	}
	pcap_close(pcap);
	return (fine);
}

/* Compiles the expression so that it looks behind VLAN tags, if possible. */
static bool
compile_for_tags(struct bpf_program *program, const char *expression,
    int link_type, char *error)
{
	char	*through = capture_expression_through_vlan(expression);
	bool	 fine;

	if (through == NULL) {
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
		return (false);
	}
	fine = compile(program, through, link_type, error) ||
	    compile(program, expression, link_type, error);
	free(through);
	return (fine);
}

/*
 * True when an expression without direction can match no packet.  libpcap finds
 * this out for Ethernet, but not for each link type.
 */
static bool
rejects_all(const char *text)
{
	struct bpf_program	 program;
	char			 error[CAPTURE_ERROR_SIZE];

	if (!compile(&program, text, DLT_EN10MB, error))
		return (strstr(error, "rejects all packets") != NULL);
	pcap_freecode(&program);
	return (false);
}

struct capture_expression *
capture_expression_new(const char *expression, int link_type, char *error)
{
	struct capture_expression	*e;
	char				*text;
	bool				 fine = false;

	e = calloc(1, sizeof(*e));
	text = without_direction(expression);
	if (e == NULL || text == NULL)
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
	else if (strcmp(text, expression) != 0 && rejects_all(text))
		snprintf(error, CAPTURE_ERROR_SIZE, "it matches only packets "
		    "that this host sends, which are no heartbeats");
	else
		fine = compile_for_tags(&e->program, text, link_type, error);
	free(text);
	if (fine)
		return (e);
	free(e);
	return (NULL);
}

void
capture_expression_free(struct capture_expression *e)
{
	if (e == NULL)
		return;
	pcap_freecode(&e->program);
	free(e);
}

/*
 * The link type of an interface is not known yet when an option is read.  So an
 * expression is valid if it is for the `any` device (LINKTYPE_LINUX_SLL, 113,
 * or LINUX_SLL2, 276, with ifindex), bare IP (101), a wireless monitor (127) or
 * Ethernet (1).
 */
bool
capture_expression_valid(const char *expression, char *error)
{
	static const int		 link_types[] = {
		113, 276, 101, 127, 1,
	};
	struct capture_expression	*e = NULL;
	size_t				 i;

	for (i = 0; i < sizeof(link_types) / sizeof(link_types[0]) &&
	    e == NULL; i++)
		e = capture_expression_new(expression, link_types[i], error);
	if (e == NULL)
		error[strcspn(error, "\n")] = '\0';
	capture_expression_free(e);
	return (e != NULL);
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
