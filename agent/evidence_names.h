/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of the evidence files that exist or will be written.  The thread
 * that writes them and the agent use it at the same time; no call waits for the
 * disk.
 */
#ifndef HBW_EVIDENCE_NAMES_H
#define HBW_EVIDENCE_NAMES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The directory of the files, in the state directory. */
#define EVIDENCE_DIRECTORY	"evidence"

/* A longer name of a watch is cut. */
#define EVIDENCE_FILE_NAME_SIZE	200

/*
 * hbwAlarmEvidenceFile: "evidence/SERIAL-WATCH.pcapng", relative to the state
 * directory.  Each octet of the watch's name that is not a letter, a digit,
 * '.', '-' or '_' is replaced by '_'.  Writes name[EVIDENCE_FILE_NAME_SIZE] and
 * returns it.
 */
char	*evidence_file_name(uint32_t serial, const char *watch, char *name);

struct evidence_names {
	pthread_mutex_t	  mutex;
	char		**sorted;	/* owned, as the names are */
	size_t		  count;
	size_t		  capacity;
};

void	 evidence_names_init(struct evidence_names *);
void	 evidence_names_free(struct evidence_names *);

/*
 * Adds a name, with the directory or without it, or removes it.  When memory is
 * exhausted, a name may be missing in the set.
 */
void	 evidence_names_put(struct evidence_names *, const char *name,
	    bool exists);
bool	 evidence_names_has(struct evidence_names *, const char *name);

#endif
