/* terminal.c - see terminal.h */

#include "cli/terminal.h"

#include "base/intern.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

gboolean
terminal_is(int fd)
{
    return isatty(fd) != 0 && !str_is(g_getenv("TERM"), "dumb");
}

static guint
columns_of(const char *text, gsize length)
{
    guint columns = 0;

    for (const char *at = text; at < text + length; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char_validated(at, (gssize)(text + length - at));

        if (letter == (gunichar)-1 || letter == (gunichar)-2)
            return (guint)length;
        if (!g_unichar_iszerowidth(letter))
            columns += g_unichar_iswide(letter) ? 2 : 1;
    }
    return columns;
}

char *
terminal_wrap(const char *text, guint width, guint indent)
{
    GString *out = g_string_new(NULL);
    const char *at = text + strspn(text, " ");
    guint column = (guint)(at - text);

    g_string_append_len(out, text, at - text);
    while (*at != '\0') {
        gsize blanks = strspn(at, " ");
        gsize length = strcspn(at + blanks, " ");
        guint columns = columns_of(at + blanks, length);

        if (width > 0 && blanks > 0 && column > indent && column + blanks + columns > width) {
            g_string_append_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            g_string_append_len(out, at, (gssize)blanks);
            column += (guint)blanks;
        }
        g_string_append_len(out, at + blanks, (gssize)length);
        column += columns;
        at += blanks + length;
    }
    return g_string_free(out, FALSE);
}

/* 0: nobody knows. */
static guint
width_of(int fd)
{
    struct winsize size = {0};

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void
terminal_print(const char *line, guint indent, Tone tone)
{
    static const char *const tones[] = {[TONE_PLAIN] = NULL, [TONE_BOLD] = "\033[1m", [TONE_BAD] = "\033[31m", [TONE_GOOD] = "\033[32m"};
    gboolean is_shown = terminal_is(STDOUT_FILENO);
    gboolean has_tone = is_shown && tones[tone] != NULL && str_is_empty(g_getenv("NO_COLOR"));
    g_autofree char *wrapped = is_shown ? terminal_wrap(line, width_of(STDOUT_FILENO), indent) : NULL;

    printf("%s%s%s\n", has_tone ? tones[tone] : "", wrapped != NULL ? wrapped : line, has_tone ? "\033[0m" : "");
}
