/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/memory_file.h"
#include "base/mono.h"
#include "offline/status_refresh.h"

#define PERIOD_NS	NSEC_PER_SEC
/* After this time without an octet, show_hung() is called. */
#define LIMIT_NS	(5 * NSEC_PER_SEC)
/* The octets of a frame that are kept, with more than a screen can show. */
#define FRAME_MOST	(1024 * 1024)

/* Sequences of ECMA-48 and of xterm that all common terminals have. */
#define ENTER		"\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE		"\033[?7h\033[?25h\033[?1049l"
#define HOME		"\033[H"
#define CLEAR_LINE	"\033[K"
#define CLEAR_REST	"\033[J"

struct refresh {
	status_refresh_print	*print;
	void			*arg;
	struct termios		 saved;
	bool			 entered;
	pid_t			 pid;		/* of the printer; 0: none */
	int			 fd;		/* from it; -1: none */
	char			*frame;		/* owned */
	size_t			 length;
	size_t			 capacity;
	struct mono_time	 received;	/* its last octets, or its
						   start */
	enum command_status	 status;	/* of the last whole frame */
};

static volatile sig_atomic_t	 ended, stopped, changed;

static void
on_signal(int signal)
{
	if (signal == SIGTSTP)
		stopped = 1;
	else if (signal == SIGWINCH || signal == SIGCONT)
		changed = 1;
	else
		ended = 1;
}

/* ---- the terminal */

static bool
put(const char *text, size_t length)
{
	ssize_t	 n;

	while (length > 0) {
		n = write(STDOUT_FILENO, text, length);
		if (n == -1 && errno != EINTR)
			return (false);
		if (n > 0) {
			text += n;
			length -= (size_t)n;
		}
	}
	return (true);
}

static void
enter(struct refresh *r)
{
	struct termios	 raw = r->saved;

	/* Keys arrive at once and are not shown; Ctrl-C is still a signal. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	r->entered = put(ENTER, strlen(ENTER));
}

static void
leave(struct refresh *r)
{
	if (!r->entered)
		return;
	(void)put(LEAVE, strlen(LEAVE));
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &r->saved);
	r->entered = false;
}

/* Ctrl-Z: the shell gets its terminal back until `fg`. */
static void
stop(struct refresh *r)
{
	leave(r);
	(void)raise(SIGSTOP);
	(void)tcgetattr(STDIN_FILENO, &r->saved);
	enter(r);
}

static size_t
rows(void)
{
	struct winsize	 size;

	return (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_row > 1 ? size.ws_row : 24);
}

/* Adds to the octets for the terminal. */
static void
add(FILE *out, const char *text, size_t length)
{
	/* After a text of the full width it would clear the last column. */
	fputs(CLEAR_LINE, out);
	fwrite(text, 1, length, out);
	fputs("\r\n", out);
}

/* Writes the frame at once, so that it does not flicker. */
static bool
show(const char *frame, size_t length)
{
	const char	*p = frame, *end = frame + length, *next;
	char		*text = NULL;
	size_t		 size = 0, left = rows() - 1;
	FILE		*out = open_memstream(&text, &size);
	bool		 shown;

	if (out == NULL)
		return (false);
	fputs(HOME, out);
	for (; p < end && left > 0; p = next + 1, left--) {
		next = memchr(p, '\n', (size_t)(end - p));
		if (next == NULL)
			next = end;
		add(out, p, (size_t)(next - p));
	}
	fputs(CLEAR_LINE "\033[7m", out);
	fputs(p < end ? " q: end; there are more lines " : " q: end ", out);
	fputs("\033[0m" CLEAR_REST, out);
	shown = fclose(out) == 0 && put(text, size);
	free(text);
	return (shown);
}

/* ---- the process that prints a frame */

/* Prints lines of errors, which may be longer than those of the screen. */
static void
print_errors(const struct screen *s, FILE *errors)
{
	char	*line = NULL;
	size_t	 size = 0;
	ssize_t	 n;

	rewind(errors);
	while ((n = getline(&line, &size, errors)) > 0) {
		line[n - 1] = '\0';		/* the newline */
		screen_paragraph(s, SCREEN_PLAIN, 0, "", line);
	}
	free(line);
}

static void
print(struct refresh *r, int fd)
{
	struct screen		 s;
	enum command_status	 status;
	struct winsize		 size;
	FILE			*out = fdopen(fd, "w");
	int			 errors = memory_file_new("hbwatch-errors");
	FILE			*in = fdopen(errors, "r");

	if (out == NULL || in == NULL)
		_exit(COMMAND_FAILURE);
	/* Measures the terminal; the output then goes to the pipe. */
	screen_init(&s, stdout);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		s.width = size.ws_col;
	s.out = out;
	(void)dup2(errors, STDERR_FILENO);
	status = r->print(r->arg, &s);
	print_errors(&s, in);
	(void)fflush(out);
	_exit(status);
}

static bool
start(struct refresh *r)
{
	int	 fds[2];

	if (pipe(fds) == -1)
		return (false);
	r->pid = fork();
	if (r->pid == 0) {
		(void)close(fds[0]);
		print(r, fds[1]);
	}
	(void)close(fds[1]);
	if (r->pid == -1) {
		(void)close(fds[0]);
		r->pid = 0;
		return (false);
	}
	r->fd = fds[0];
	r->length = 0;
	r->received = mono_now();
	return (true);
}

/* Ends the printer.  False when it was not finished. */
static bool
finish(struct refresh *r)
{
	int	 status = 0;
	bool	 done;

	if (r->pid == 0)
		return (true);
	(void)close(r->fd);
	r->fd = -1;
	/* A printer that was read up to the end has exited already. */
	(void)kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) == -1 && errno == EINTR)
		;
	r->pid = 0;
	done = WIFEXITED(status);
	if (done)
		r->status = (enum command_status)WEXITSTATUS(status);
	return (done);
}

/*
 * Reads from the printer.  True when the frame is complete.  Of a frame that is
 * larger than what is kept the rest is read, too, because the exit status comes
 * at the end.
 */
static bool
receive(struct refresh *r)
{
	char	 rest[BUFSIZ];
	bool	 keep = r->length < FRAME_MOST;
	ssize_t	 n;

	if (keep && !array_reserve(&r->frame, &r->capacity,
	    r->length + BUFSIZ, 1))
		return (true);
	n = read(r->fd, keep ? r->frame + r->length : rest, BUFSIZ);
	if (n > 0)
		r->received = mono_now();
	if (n > 0 && keep)
		r->length += (size_t)n;
	return (n == 0);
}

/* ---- the loop */

static void
catch_signals(sigset_t *waiting)
{
	static const int	 signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH, SIGCONT,
	};
	struct sigaction	 action = { .sa_handler = on_signal };
	sigset_t		 blocked;
	size_t			 i;

	(void)sigemptyset(&blocked);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		(void)sigaction(signals[i], &action, NULL);
		(void)sigaddset(&blocked, signals[i]);
	}
	/* They arrive only while ppoll waits. */
	(void)sigprocmask(SIG_BLOCK, &blocked, waiting);
}

/* Waits for a key, the printer or a signal.  False when the user ends it. */
static bool
wait_for_event(struct refresh *r, struct mono_time until,
    const sigset_t *waiting, bool *readable)
{
	struct pollfd	 fds[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = r->fd, .events = POLLIN },
	};
	int64_t		 ns = mono_sub(until, mono_now());
	struct timespec	 timeout = { 0 };
	char		 key;
	int		 n;

	if (ns > 0) {
		timeout.tv_sec = ns / NSEC_PER_SEC;
		timeout.tv_nsec = ns % NSEC_PER_SEC;
	}
	n = ppoll(fds, 2, &timeout, waiting);
	*readable = n > 0 && fds[1].revents != 0;
	if (n > 0 && fds[0].revents != 0)
		return (read(STDIN_FILENO, &key, 1) == 1 && key != 'q' &&
		    key != 'Q' && key != '\003');
	return (!ended);
}

static bool
show_hung(void)
{
	static const char	 text[] =
	    "hbwatchd accepts connections but does not answer.\n"
	    "Next: check whether its process is stopped or has no CPU time:\n"
	    "      systemctl status hbwatchd; journalctl -u hbwatchd\n";

	return (show(text, strlen(text)));
}

static bool
run(struct refresh *r, const sigset_t *waiting)
{
	struct mono_time	 next = mono_now();
	bool			 readable;

	for (;;) {
		if (r->pid == 0 && !mono_before(mono_now(), next)) {
			next = mono_add(mono_now(), PERIOD_NS);
			if (!start(r))
				return (false);
		}
		if (!wait_for_event(r, r->pid == 0 ? next :
		    mono_add(r->received, LIMIT_NS), waiting, &readable))
			return (true);
		if (stopped) {
			stopped = 0;
			stop(r);
			changed = 1;
		}
		if (changed) {
			/* The width may be another one. */
			changed = 0;
			(void)finish(r);
			next = mono_now();
			continue;
		}
		if (readable && receive(r)) {
			if (!finish(r))
				r->status = COMMAND_BLIND;
			if (!show(r->frame, r->length))
				return (false);
		} else if (r->pid != 0 && mono_sub(mono_now(), r->received) >=
		    LIMIT_NS) {
			(void)finish(r);
			r->status = COMMAND_BLIND;
			if (!show_hung())
				return (false);
		}
	}
}

enum command_status
status_refresh(status_refresh_print *print_frame, void *arg)
{
	const char	*term = getenv("TERM");
	struct refresh	 r = {
		.print = print_frame, .arg = arg, .fd = -1,
		.status = COMMAND_BLIND,
	};
	sigset_t	 waiting;
	bool		 done;

	if (term == NULL || strcmp(term, "dumb") == 0 ||
	    isatty(STDOUT_FILENO) != 1 ||
	    tcgetattr(STDIN_FILENO, &r.saved) == -1) {
		log_errx("-w needs a terminal; without -w, the status is "
		    "printed once");
		return (COMMAND_REFUSED);
	}
	catch_signals(&waiting);
	enter(&r);
	done = r.entered && run(&r, &waiting);
	if (!done)
		log_err("cannot refresh the terminal");
	leave(&r);
	(void)finish(&r);
	free(r.frame);
	return (done ? r.status : COMMAND_FAILURE);
}
