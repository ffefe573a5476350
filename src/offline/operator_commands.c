/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "offline/control_client.h"
#include "offline/operator_commands.h"
#include "state/control_request.h"

struct arguments {
	const char	*socket;
	const char	*text;
	const char	*duration;	/* NULL: not given */
	const char	*watch;
};

/* On COMMAND_SUCCESS the subcommand continues; it returns any other result. */
static enum command_status
parse(int argc, char **argv, const char *options, struct arguments *a)
{
	int	 option;

	*a = (struct arguments){
		.socket = CONTROL_CLIENT_SOCKET, .text = "",
	};
	while ((option = getopt(argc, argv, options)) != -1) {
		switch (option) {
		case 'S':
			a->socket = optarg;
			break;
		case 'm':
			a->text = optarg;
			break;
		case 'd':
			a->duration = optarg;
			break;
		case 'h':
			return (COMMAND_HELP);
		default:
			return (COMMAND_USAGE);
		}
	}
	if (argc - optind != 1)
		return (COMMAND_USAGE);
	a->watch = argv[optind];
	return (COMMAND_SUCCESS);
}

/* Logs the error of hbwatchd, without control characters. */
static enum command_status
refused(const json_t *line)
{
	static const char	 no_watch[] = "no watch ";
	const char		*error = json_string_value(json_object_get(
				    line, "error"));
	char			 text[CONTROL_ERROR_SIZE];

	snprintf(text, sizeof(text), "%s", error == NULL ?
	    "hbwatchd refuses the request" : error);
	utf8_clean(text, strlen(text) + 1);
	log_errx("%s", text);
	return (strncmp(text, no_watch, sizeof(no_watch) - 1) == 0 ?
	    COMMAND_REFUSED : COMMAND_FAILURE);
}

static enum command_status
exchange(struct control_client *client, const char *const *fields, size_t n)
{
	enum command_status	 status = COMMAND_SUCCESS;
	json_t			*line;

	if (!control_client_send(client, fields, n))
		return (errno == EINVAL ? COMMAND_FAILURE : COMMAND_BLIND);
	line = control_client_next(client);
	if (line == NULL)
		return (COMMAND_BLIND);
	if (!json_is_true(json_object_get(line, "ok")))
		status = refused(line);
	json_decref(line);
	return (status);
}

/* Sends the request, and prints `done` when hbwatchd has done it. */
static enum command_status
request(const struct arguments *a, const char *const *fields, size_t n,
    const char *done)
{
	struct control_client	*client = control_client_open(a->socket);
	enum command_status	 status = COMMAND_BLIND;
	char			 quoted[UTF8_QUOTE_SIZE];

	if (client != NULL)
		status = exchange(client, fields, n);
	control_client_close(client);
	if (status == COMMAND_SUCCESS)
		printf("watch %s: %s\n", utf8_quote(a->watch, quoted), done);
	return (status);
}

enum command_status
acknowledge_main(int argc, char **argv)
{
	struct arguments	 a;
	enum command_status	 status;

	status = parse(argc, argv, "+S:m:h", &a);
	if (status != COMMAND_SUCCESS)
		return (status);
	return (request(&a, (const char *const[]){ "acknowledge", a.text,
	    a.watch }, 3, "acknowledged"));
}

enum command_status
shelve_main(int argc, char **argv)
{
	struct arguments	 a;
	enum command_status	 status;
	char			 done[64];

	status = parse(argc, argv, "+S:d:m:h", &a);
	if (status != COMMAND_SUCCESS)
		return (status);
	if (a.duration == NULL)
		return (COMMAND_USAGE);
	snprintf(done, sizeof(done), "shelved for %s", a.duration);
	return (request(&a, (const char *const[]){ "shelve", a.duration,
	    a.text, a.watch }, 4, done));
}

enum command_status
unshelve_main(int argc, char **argv)
{
	struct arguments	 a;
	enum command_status	 status;

	status = parse(argc, argv, "+S:h", &a);
	if (status != COMMAND_SUCCESS)
		return (status);
	return (request(&a, (const char *const[]){ "unshelve", a.watch }, 2,
	    "not shelved any more"));
}
