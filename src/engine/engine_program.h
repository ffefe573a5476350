/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program of the engine, hbwatch-engine, which is not linked with net-snmp.
 */
#ifndef HBW_ENGINE_PROGRAM_H
#define HBW_ENGINE_PROGRAM_H

#include <sys/types.h>

#include <stdbool.h>

#define ENGINE_PROGRAM	"hbwatch-engine"

/*
 * Opens the program once, at the start: later engines are the same program,
 * even if an upgrade replaces the file.  It is in the directory of the running
 * program, or else in the libexecdir of the installation.  Its owner must be
 * root or that of the running program.  False on error (errno).
 */
bool	 engine_program_open(void);
/* The open file. */
int	 engine_program_file(void);

/*
 * Starts a process that executes it with the descriptors of enum
 * engine_descriptor; these are copies of `descriptors`.  -1 on error (errno).
 */
pid_t	 engine_program_start(const int *descriptors);

/* The exit status of the process when the program could not be executed. */
#define ENGINE_PROGRAM_FAILED	127

#endif
