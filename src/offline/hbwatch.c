/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program hbwatch: checks configurations, searches captures for alarms and
 * heartbeats, and shows the status of a running daemon.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/configuration.h"
#include "offline/command.h"
#include "offline/discover.h"
#include "offline/explain.h"
#include "offline/operator_commands.h"
#include "offline/replay.h"
#include "offline/status.h"

static enum command_status check_main(int, char **);

/* The messages of getopt begin with this name, whatever argv[0] is. */
static char	program[] = "hbwatch";

static const struct subcommand {
	const char		*name;
	const char		*usage;
	enum command_status	(*run)(int argc, char **argv);
} subcommands[] = {
	{ "check", "check [FILE]", check_main },
	{ "replay", REPLAY_USAGE, replay_main },
	{ "discover", DISCOVER_USAGE, discover_main },
	{ "explain", EXPLAIN_USAGE, explain_main },
	{ "status", STATUS_USAGE, status_main },
	{ "acknowledge", ACKNOWLEDGE_USAGE, acknowledge_main },
	{ "shelve", SHELVE_USAGE, shelve_main },
	{ "unshelve", UNSHELVE_USAGE, unshelve_main },
	{ "names", NAMES_USAGE, names_main },
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

static enum command_status
check_main(int argc, char **argv)
{
	const char		*file = SYSCONFDIR "/hbwatch/hbwatchd.conf";
	struct configuration	*c;
	int			 option = getopt(argc, argv, "+h");

	if (option == 'h')
		return (COMMAND_HELP);
	if (option != -1 || argc - optind > 1)
		return (COMMAND_USAGE);
	if (argc - optind == 1)
		file = argv[optind];
	c = configuration_load(file, true, stderr);
	if (c == NULL)
		return (COMMAND_REFUSED);
	if (c->nwatches == 0)
		fprintf(stderr, "%s: warning: no watch is configured\n", file);
	fputs(c->warnings, stderr);
	configuration_free(c);
	puts("configuration OK");
	return (COMMAND_SUCCESS);
}

/* The long form of an option, if it is the first argument. */
static void
shorten(int argc, char **argv)
{
	static char	 help[] = "-h", version[] = "-V";

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		argv[1] = help;
	else if (argc > 1 && strcmp(argv[1], "--version") == 0)
		argv[1] = version;
}

static enum command_status
subcommand_run(int argc, char **argv)
{
	const struct subcommand	*s = subcommands;
	enum command_status	 status;

	while (s < subcommands + SUBCOMMANDS && strcmp(s->name, argv[0]) != 0)
		s++;
	if (s == subcommands + SUBCOMMANDS) {
		log_errx("unknown subcommand \"%s\"", argv[0]);
		usage(stderr);
		return (COMMAND_REFUSED);
	}
	argv[0] = program;
	shorten(argc, argv);
	if (argc > 1 && strcmp(argv[1], "-V") == 0) {
		puts(PACKAGE_STRING);
		return (COMMAND_SUCCESS);
	}
	optind = 0;		/* makes getopt of glibc start anew */
	status = s->run(argc, argv);
	if (status != COMMAND_HELP && status != COMMAND_USAGE)
		return (status);
	fprintf(status == COMMAND_HELP ? stdout : stderr, "usage: hbwatch %s\n",
	    s->usage);
	return (status == COMMAND_HELP ? COMMAND_SUCCESS : COMMAND_REFUSED);
}

static enum command_status
run(int argc, char **argv)
{
	switch (getopt(argc, argv, "+Vh")) {
	case 'V':
		puts(PACKAGE_STRING);
		return (COMMAND_SUCCESS);
	case 'h':
		usage(stdout);
		return (COMMAND_SUCCESS);
	case -1:
		if (optind < argc)
			return (subcommand_run(argc - optind, argv + optind));
	}
	usage(stderr);
	return (COMMAND_REFUSED);
}

int
main(int argc, char **argv)
{
	enum command_status	 status;

	if (argc > 0)
		argv[0] = program;
	shorten(argc, argv);
	status = run(argc, argv);
	if (status == COMMAND_SUCCESS && !command_flush())
		status = COMMAND_FAILURE;
	return ((int)status);
}
