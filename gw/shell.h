/* What makes the command line pleasant in a shell. All write to standard output. */
#ifndef GW_SHELL_H
#define GW_SHELL_H

/** `complete -- WORDS...`, what the shells' scripts ask: candidates for the last word. Returns the
 * exit code. */
int gw_shell_complete(int argc, char **argv);
/** The script for a shell. EINVAL: there is none. */
int gw_shell_completion(const char *shell);
/** A manual page in mdoc(7). EINVAL: there is none of that name. */
int gw_shell_manual(const char *page);

#endif
