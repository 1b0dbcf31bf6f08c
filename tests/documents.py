"""What the documents say, held against the tree and the program: names that no longer exist, options that nobody tells of."""
import glob
import os
import re

GROUPS_WITH_RECORDINGS = {"api", "kubectl", "scheduling", "traffic"}  # groups of run.py: "R: `api`"


def read(o, name):
    with open(os.path.join(o.top, name), encoding="utf-8") as f:
        return f.read()


def names(o, pattern, ending=""):
    return {os.path.basename(x.rstrip("/"))[:len(os.path.basename(x.rstrip("/"))) - len(ending)] for x in glob.glob(os.path.join(o.top, pattern))}


def model(o, say):
    """MODEL.md: what is exact or approximated names what shows it, and each recording, suite or file that it names exists."""
    recordings = names(o, "tests/recordings/*/") | names(o, "tests/recordings/traffic/*.yaml", ".yaml") | GROUPS_WITH_RECORDINGS
    wrong = []
    for line in re.split(r"\n(?=- |#|\n)", read(o, "MODEL.md")):
        line = " ".join(line.split())
        if not line.startswith("- "):
            continue
        if re.search(r"\b(Exact|Approximated)\b", line) and not re.search(r"\b[RT]( also)?: |[Nn]o recording", line):
            wrong.append("nothing shows: " + line[:100])
        for sources in re.findall(r"\bR: (.*?)(?:\. |\.$|$|: | T: )", line):
            wrong += [f"no recording {x}" for x in re.findall(r"`([^`]+)`", sources) if x not in recordings]
        for source in re.findall(r"\bT(?: also)?: (.*?)(?:\. |\.$|$)", line):
            room = None
            for room_named, test in re.findall(r"(?:(\w+) )?`([^`]+)`", source) or [(x, "") for x in source.split(", ")]:
                room = room_named or room
                if not any(glob.glob(os.path.join(o.top, x)) for x in (test, f"tests/{room}/{test}.c", f"tests/{room}/data/{test}", f"tests/{room}/{test}") if x):
                    wrong.append(f"no test {test} of {room}")
    say("MODEL.md names what exists", not wrong, "\n".join(wrong))


def architecture(o, say):
    """ARCHITECTURE.md: every file and folder that it names exists; its table has every room; its groups are those of run.py."""
    text, wrong = read(o, "ARCHITECTURE.md"), []
    table = re.findall(r"^\| `(\w+)` \|(.*)\|(.*)\|$", text, re.M)
    rooms = {x for x in os.listdir(os.path.join(o.top, "src")) if os.path.isdir(os.path.join(o.top, "src", x))}
    if {room for room, _, _ in table} != rooms:
        wrong.append(f"rooms {sorted(rooms ^ {room for room, _, _ in table})}")
    for room, _, start in table:
        wrong += [f"{room}/{x}" for x in re.findall(r"`([\w./]+)`", start) if not os.path.exists(os.path.join(o.top, "src", room, x))]
    for path in re.findall(r"`([\w./*]+/[\w./*]*|[\w*]+\.[ch])`", text):
        path = path.replace("NAME", "*").replace("ROOM", "*")
        if not any(glob.glob(os.path.join(o.top, root, path)) for root in ("", "src", "src/*")):
            wrong.append(path)
    groups = re.search(r"`tests/run.py` groups: ([^.]*)", text)
    listed = set(re.findall(r"[\w-]+", groups[1])) if groups else set()
    known = set(re.search(r"^Groups: ([^.]*)\.", read(o, "tests/run.py"), re.M)[1].split())
    if listed != known:
        wrong.append(f"groups {sorted(listed ^ known)}")
    say("ARCHITECTURE.md names what exists", not wrong, "\n".join(wrong))


def readme(o, say, run):
    """README.md: its table has every scenario, and what it tells to type works."""
    text = read(o, "README.md")
    shipped, told = names(o, "scenarios/*.yaml", ".yaml"), set(re.findall(r"^\| `([\w-]+)` \|", text, re.M))
    say("README.md tells of each scenario", shipped == told, str(sorted(shipped ^ told)))
    for command in re.findall(r"^    build/desk8s ((?:kubectl|why|explain) [^#\n]*)", text, re.M):
        r = run([o.program, *command.split()], cwd=o.top)
        say("README.md: desk8s " + command.strip(), r.returncode == 0 and r.stdout != "", f"exit {r.returncode} {r.stderr}")
    example = re.search(r"```yaml\n(.*?)```", text, re.S)[1].replace("manifests: [web.yaml]", "manifests: []")
    r = run([o.program, "check", "-"], input=example)
    said = [x for x in r.stdout.splitlines() if "web" not in x and "traffic" not in x]
    say("README.md: the scenario", r.returncode == 0 and said in ([], ["stdin: ok, with warnings"], ["stdin: ok"]), r.stdout)


def manual(o, say, run):
    """desk8s.1: the options of each subcommand, in a section of its own, are those that its --help has."""
    text = read(o, "doc/desk8s.1").replace("\\-", "-")
    for command in re.findall(r"^  (\w+) +\w", run([o.program, "--help"]).stdout.split("desk8s COMMAND --help")[0], re.M):
        section = re.search(rf"^\.SH OPTIONS OF {command.upper()}\n(.*?)(?=^\.SH )", text, re.M | re.S)
        options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(re.findall(r"^\.TP\n(.*)$", section[1], re.M)))) if section else set()
        wanted = set()
        for line in re.findall(r"^  (-.*?)(?:  |$)", run([o.program, command, "--help"]).stdout.split("Options:")[1], re.M):
            wanted |= set(re.findall(r"(?<![\w=-])--?[a-z][a-z-]*", line))
        say(f"desk8s.1: {command}", options == wanted - {"-h", "--help"}, f"{sorted(options ^ wanted - {'-h', '--help'})}")
        say(f"desk8s.1: {command} in the synopsis", f".B desk8s {command}\n" in text)


def check(o, say, run):
    model(o, say)
    architecture(o, say)
    readme(o, say, run)
    manual(o, say, run)
