"""What must not change, or must change in a known way, when a scenario is altered: no expected values, only relations between two runs."""
import json
import os
import re
import tempfile

NAMES = {"web": "web", "db": "db", "agent": "agent", "once": "once"}


def manifests(names, image="app:1"):
    pod = "spec: {{containers: [{{name: app, image: '{image}'}}]}}"
    parts = [
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {web}}}\nspec:\n  replicas: 4\n  selector: {{matchLabels: {{app: {web}}}}}\n"
        "  template:\n    metadata: {{labels: {{app: {web}}}}}\n    " + pod,
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {web}}}\nspec: {{selector: {{app: {web}}}, ports: [{{port: 80}}]}}",
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {db}}}\nspec:\n  replicas: 2\n  serviceName: {db}\n"
        "  selector: {{matchLabels: {{app: {db}}}}}\n  template:\n    metadata: {{labels: {{app: {db}}}}}\n    " + pod,
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {agent}}}\nspec:\n  selector: {{matchLabels: {{app: {agent}}}}}\n"
        "  template:\n    metadata: {{labels: {{app: {agent}}}}}\n    " + pod,
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {once}}}\nspec:\n  completions: 2\n  template:\n    metadata: {{labels: {{exit: '0'}}}}\n"
        "    spec: {{restartPolicy: Never, containers: [{{name: app, image: '{image}', command: [sh, -c, 'sleep 3; exit 0']}}]}}",
    ]
    return "\n---\n".join(part.format(image=image, **names) for part in parts) + "\n"


def scenario(timeline, factor=1, seconds=40):
    lines = "".join(f"  - {{at: {at * factor}s, kubectl: \"{words}\"}}\n" for at, words in timeline)
    return (
        "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: relation}\nspec:\n"
        f"  duration: {seconds * factor}s\n  cluster:\n    nodes: [{{name: worker, count: 3, cpu: 4, memory: 8Gi}}]\n    kubelet: ideal\n"
        "  images: [{match: '*', present: true}]\n"
        f"  applications: [{{match: {{image: '*'}}, startup: {factor}s, stop: {factor}s}}]\n"
        "  manifests: [objects.yaml]\n" + ("  timeline:\n" + lines if lines else "")
    )


class Relations:
    def __init__(self, o, say, run):
        self.o, self.say, self.run = o, say, run

    def play(self, text, objects, seed=1):
        """Facts, records and output of one run."""
        import compare

        with tempfile.TemporaryDirectory() as tmp:
            for name, content in (("s.yaml", text), ("objects.yaml", objects)):
                with open(os.path.join(tmp, name), "w") as f:
                    f.write(content)
            log = os.path.join(tmp, "log.jsonl")
            r = self.run([os.path.abspath(self.o.program), "run", "s.yaml", "--seed", str(seed), "--no-plots", "--results", "r", "--watch-log", "log.jsonl"], cwd=tmp)
            if not os.path.exists(log):
                raise AssertionError(r.stdout + r.stderr)
            records = [json.loads(line) for line in open(log)]
            said = [json.loads(line) for line in open(os.path.join(tmp, "r", "kubectl.jsonl"))]
            return compare.facts(compare.read(log), False), [x for x in records if "t" in x], said

    def applied_twice(self):
        """kubectl apply of what is there already says so, and writes nothing."""
        _, records, said = self.play(scenario([(20, "apply -f objects.yaml")]), manifests(NAMES))
        answer = [x for x in said if x["command"].startswith("apply -f objects.yaml")][-1]["stdout"] if said else ""
        lines = answer.splitlines()
        self.say("applied twice: unchanged", len(lines) == 5 and all(line.endswith(" unchanged") for line in lines), answer)
        later = [x for x in records if 20 <= x["t"] and x["object"]["kind"] not in ("Node", "Event", "Lease")]
        self.say("applied twice: nothing is written", not later, json.dumps(later[:2])[:800])

    def applied_in_the_middle(self):
        """Applying again while everything is being made ends in the same state as applying once."""
        once, _, _ = self.play(scenario([]), manifests(NAMES))
        twice, _, _ = self.play(scenario([(1, "apply -f objects.yaml")]), manifests(NAMES))
        for key in sorted(set(once) | set(twice)):
            if key.startswith(("final Deployment", "final pods", "final endpoints", "final spread", "replicas", "most pods")):
                self.say(f"applied again: {key}", once.get(key) == twice.get(key), f"{once.get(key)} against {twice.get(key)}")

    def scaled(self):
        """All times of the scenario four times as long: the same steps, four times as late; the Job's sleep stays."""
        objects = manifests(NAMES).split("---\napiVersion: batch")[0]
        timeline = [(10, "set image deployment/web app=app:2"), (20, "scale deployment/web --replicas 6")]
        short, _, _ = self.play(scenario(timeline), objects)
        long, _, _ = self.play(scenario(timeline, factor=4), objects)
        for key in sorted(set(short) | set(long)):
            a, b = short.get(key), long.get(key)
            if key.startswith(("final", "most", "fewest")):
                self.say(f"scaled: {key}", a == b or "nodes" in key or "spread" in key, f"{a} against {b}")
            elif key.startswith("time") and isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
                # what does not scale is what the control plane takes: up to 0.5 s a step
                off = [(x, y) for x, y in zip(a, b) if not 4 * x - 2.0 <= y <= 4 * x + 0.5]
                self.say(f"scaled: {key}", not off, f"{off[:4]}")
            elif key.startswith("time"):
                self.say(f"scaled: {key}", False, f"{a} against {b}")

    def renamed(self):
        """Other names for the same objects: the same counts, states and order of steps."""
        names = {"web": "shop", "db": "store", "agent": "probe", "once": "batch"}
        timeline = [(10, "set image deployment/{web} app=app:2"), (20, "scale deployment/{web} --replicas 6")]
        plain, _, _ = self.play(scenario([(at, words.format(**NAMES)) for at, words in timeline]), manifests(NAMES))
        other, _, _ = self.play(scenario([(at, words.format(**names)) for at, words in timeline]), manifests(names))
        back = {f"/{new}": f"/{old}" for old, new in names.items()}
        other = {re.sub("|".join(map(re.escape, back)), lambda m: back[m.group()], key): value for key, value in other.items()}
        self.say("renamed: the same facts", sorted(plain) == sorted(other), f"{sorted(set(plain) ^ set(other))[:6]}")
        for key in sorted(set(plain) & set(other)):
            a, b = plain[key], other[key]
            if key.startswith("time") and isinstance(a, list) and isinstance(b, list):
                near = len(a) == len(b) and all(abs(x - y) < 0.5 for x, y in zip(a, b))
                self.say(f"renamed: {key}", near, f"{a} against {b}")
            elif not key.startswith(("final nodes", "final spread", "replicas", "events")):
                self.say(f"renamed: {key}", a == b, f"{a} against {b}")

    def moved(self):
        """Another namespace: the same facts, to the millisecond but for what a name's length or hash moves."""
        text = scenario([])
        plain, _, _ = self.play(text, manifests(NAMES))
        space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n"
        objects = re.sub(r"metadata: \{name: (\w+)\}", r"metadata: {name: \1, namespace: shop}", manifests(NAMES))
        moved, _, _ = self.play(text, space + objects)
        for key in sorted(plain):
            if key.startswith(("final Deployment", "final pods", "final endpoints", "most", "fewest")):
                self.say(f"moved: {key}", plain[key] == moved.get(key), f"{plain[key]} against {moved.get(key)}")

    def idle_node(self):
        """A cordoned node more changes nothing for the pods."""
        plain, _, _ = self.play(scenario([]), manifests({**NAMES}).split("---\napiVersion: apps/v1\nkind: DaemonSet")[0])
        extra = scenario([]).replace("nodes: [{", "nodes: [{name: spare, count: 1, cpu: 4, memory: 8Gi, taints: ['spare:NoSchedule']}, {")
        more, _, _ = self.play(extra, manifests({**NAMES}).split("---\napiVersion: apps/v1\nkind: DaemonSet")[0])
        for key in sorted(plain):
            if key.startswith(("final Deployment", "final pods", "final endpoints", "final spread", "most", "fewest")):
                self.say(f"a spare node: {key}", plain[key] == more.get(key), f"{plain[key]} against {more.get(key)}")


def check(o, say, run):
    relations = Relations(o, say, run)
    for relation in (relations.applied_twice, relations.applied_in_the_middle, relations.scaled, relations.renamed, relations.moved, relations.idle_node):
        relation()
