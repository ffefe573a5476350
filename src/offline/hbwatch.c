/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hbwatch: what can be done with a configuration without the daemon.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/configuration.h"
#include "offline/discover.h"
#include "offline/replay.h"

#define EXIT_USAGE	2		/* command line or configuration */

#define CHECK_USAGE	"check FILE"

static int	 check_main(int, char **);

/* What getopt's messages begin with, whatever we were called by. */
static char	 program[] = "hbwatch";

static const struct subcommand {
	const char	*name;
	const char	*usage;
	int		(*run)(int argc, char **argv);
} subcommands[] = {
	{ "check", CHECK_USAGE, check_main },
	{ "replay", REPLAY_USAGE, replay_main },
	{ "discover", DISCOVER_USAGE, discover_main },
};

#define SUBCOMMANDS	(sizeof(subcommands) / sizeof(subcommands[0]))

static void
usage(FILE *stream)
{
	size_t i;

	for (i = 0; i < SUBCOMMANDS; i++)
		fprintf(stream, "%s hbwatch %s\n",
		    i == 0 ? "usage:" : "      ", subcommands[i].usage);
	fprintf(stream, "       hbwatch -V | -h\n");
}

/* What was printed may be lost, on a full disk or in a closed pipe. */
static int
flushed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (EXIT_SUCCESS);
	perror("hbwatch: stdout");
	return (EXIT_FAILURE);
}

static int
check_main(int argc, char **argv)
{
	struct configuration	*c;
	size_t			 watches;
	int			 option = getopt(argc, argv, "+h");

	if (option == 'h') {
		puts("usage: hbwatch " CHECK_USAGE);
		return (flushed());
	}
	if (option != -1 || argc - optind != 1) {
		fprintf(stderr, "usage: hbwatch %s\n", CHECK_USAGE);
		return (EXIT_USAGE);
	}
	c = configuration_load(argv[optind], stderr);
	if (c == NULL)
		return (EXIT_USAGE);
	watches = c->nwatches;
	configuration_free(c);
	if (watches == 0)
		fprintf(stderr, "%s: warning: no watch is configured\n",
		    argv[optind]);
	puts("configuration OK");
	return (flushed());
}

static int
subcommand_run(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < SUBCOMMANDS; i++) {
		if (strcmp(subcommands[i].name, argv[0]) != 0)
			continue;
		argv[0] = program;
		optind = 0;		/* glibc: begin anew */
		return (subcommands[i].run(argc, argv));
	}
	fprintf(stderr, "hbwatch: unknown subcommand \"%s\"\n", argv[0]);
	usage(stderr);
	return (EXIT_USAGE);
}

int
main(int argc, char **argv)
{
	if (argc > 0)
		argv[0] = program;
	switch (getopt(argc, argv, "+Vh")) {
	case 'V':
		puts(PACKAGE_STRING);
		return (flushed());
	case 'h':
		usage(stdout);
		return (flushed());
	case -1:
		break;
	default:
		usage(stderr);
		return (EXIT_USAGE);
	}
	if (optind == argc) {
		usage(stderr);
		return (EXIT_USAGE);
	}
	return (subcommand_run(argc - optind, argv + optind));
}
