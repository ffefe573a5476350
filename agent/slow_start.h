/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Says that the start waits for the disk.  hbwatchd must read its state before
 * it can do anything else, so it waits, however long that takes.
 */
#ifndef HBW_SLOW_START_H
#define HBW_SLOW_START_H

/*
 * From now on a line about this directory is logged if slow_start_end is not
 * called within a few seconds.  The text must stay valid until then.
 */
void	 slow_start_begin(const char *directory);
void	 slow_start_end(void);

#endif
