/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "epoch.h"
#include "log.h"

static uint32_t
read_epoch(const char *file)
{
	uint32_t	 epoch = 0;
	char		 digit[2];
	FILE		*f;

	f = fopen(file, "r");
	if (f == NULL)
		return (0);
	/* %u takes a sign. */
	if (fscanf(f, "%1[0-9]", digit) != 1 || fseek(f, 0, SEEK_SET) != 0 ||
	    fscanf(f, "%" SCNu32, &epoch) != 1)
		log_warnx("%s: damaged: expected a number", file);
	fclose(f);
	return (epoch);
}

/* As a whole or not at all, whenever the machine stops. */
static bool
write_epoch(const char *file, uint32_t epoch)
{
	char	 temporary[4096];
	FILE	*f;
	bool	 fine;

	snprintf(temporary, sizeof(temporary), "%s.new", file);
	f = fopen(temporary, "w");
	if (f == NULL)
		return (false);
	fine = fprintf(f, "%" PRIu32 "\n", epoch) > 0 && fflush(f) == 0 &&
	    fsync(fileno(f)) == 0;
	fine = fclose(f) == 0 && fine;
	return (fine && rename(temporary, file) == 0);
}

uint32_t
epoch_next(const char *directory)
{
	char		 file[4000];
	uint32_t	 epoch;

	if (mkdir(directory, 0755) != 0 && errno != EEXIST)
		log_warn("%s", directory);
	snprintf(file, sizeof(file), "%s/epoch", directory);
	epoch = read_epoch(file) + 1;
	if (epoch == 0)
		epoch = 1;
	if (!write_epoch(file, epoch))
		log_warn("%s: the epoch of the notifications is not kept",
		    file);
	return (epoch);
}
