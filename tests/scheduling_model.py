"""The default scheduler profile once more, in exact fractions, put against `why --scheduling` on clusters drawn at random: v1.34 pkg/scheduler/framework/plugins."""
import copy
import json
import math
import os
import random
import tempfile
from fractions import Fraction

MI = 1 << 20
HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
REQUIRED, PREFERRED = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
NAMESPACES = {"default": {"kubernetes.io/metadata.name": "default"}, "other": {"kubernetes.io/metadata.name": "other", "team": "a"}}


# --- matching -----------------------------------------------------------------------------------


def quantity(text):
    for suffix, factor in (("Ki", 1024), ("Mi", MI), ("Gi", 1 << 30), ("m", Fraction(1, 1000))):
        if str(text).endswith(suffix):
            return Fraction(str(text)[: -len(suffix)]) * factor
    return Fraction(str(text))


def labels(thing):
    return thing["metadata"]["labels"]


def name(thing):
    return thing["metadata"]["name"]


def expression_matches(e, have):
    key, operator, values = e["key"], e["operator"], e.get("values", [])
    if operator in ("Gt", "Lt"):
        try:
            return int(have[key]) > int(values[0]) if operator == "Gt" else int(have[key]) < int(values[0])
        except (KeyError, ValueError):
            return False
    return {"In": have.get(key) in values, "NotIn": have.get(key) not in values, "Exists": key in have, "DoesNotExist": key not in have}[operator]


def selects(selector, have):
    if selector is None:
        return False
    return all(have.get(k) == v for k, v in selector.get("matchLabels", {}).items()) and all(expression_matches(e, have) for e in selector.get("matchExpressions", []))


def node_term_matches(term, node):
    return bool(term.get("matchExpressions")) and all(expression_matches(e, labels(node)) for e in term["matchExpressions"])


def node_affinity(pod):
    return pod["spec"].get("affinity", {}).get("nodeAffinity", {})


def node_allowed(pod, node):
    required = node_affinity(pod).get(REQUIRED)
    if any(labels(node).get(k) != v for k, v in pod["spec"].get("nodeSelector", {}).items()):
        return False
    return required is None or any(node_term_matches(t, node) for t in required["nodeSelectorTerms"])


def tolerates(pod, taint):
    for t in pod["spec"].get("tolerations", []):
        if t.get("effect") in (None, taint["effect"]) and t["key"] == taint["key"] and (t["operator"] == "Exists" or t.get("value") == taint["value"]):
            return True
    return False


def untolerated(pod, node, *effects):
    return [t for t in node["spec"].get("taints", []) if t["effect"] in effects and not tolerates(pod, t)]


def terms(pod, kind, when):
    return pod["spec"].get("affinity", {}).get(kind, {}).get(when, [])


def term_selects(term, owner, other):
    where = other["metadata"]["namespace"]
    if "namespaces" in term or "namespaceSelector" in term:
        meant = where in term.get("namespaces", []) or selects(term.get("namespaceSelector"), NAMESPACES[where])
    else:
        meant = where == owner["metadata"]["namespace"]
    return meant and selects(term["labelSelector"], labels(other))


def requests(pod, defaults=False):
    def of(container):
        asked = {k: quantity(v) for k, v in container["resources"]["requests"].items()}
        return {**({"cpu": Fraction(1, 10), "memory": Fraction(200 * MI)} if defaults else {}), **asked}

    def add(to, more):
        for k, v in more.items():
            to[k] = to.get(k, 0) + v

    total, sidecars, most = {}, {}, {}
    for c in pod["spec"]["containers"]:
        add(total, of(c))
    for c in pod["spec"].get("initContainers", []):
        candidate = dict(of(c))
        if c.get("restartPolicy") == "Always":
            add(total, candidate)
            add(sidecars, candidate)
            candidate = dict(sidecars)
        else:
            add(candidate, sidecars)
        for k, v in candidate.items():
            most[k] = max(most.get(k, 0), v)
    return {k: max(total.get(k, 0), most.get(k, 0)) for k in {**total, **most}}


def host_ports(pod):
    lasting = pod["spec"]["containers"] + [c for c in pod["spec"].get("initContainers", []) if c.get("restartPolicy") == "Always"]
    return {(p["protocol"], p["hostPort"]) for c in lasting for p in c.get("ports", [])}


# --- one attempt ----------------------------------------------------------------------------------


class Attempt:
    def __init__(self, nodes, bound, pod, services):
        self.nodes, self.pod, self.services = nodes, pod, services
        self.on = {name(n): [p for p in bound if p["spec"]["nodeName"] == name(n)] for n in nodes}
        self.constraints = pod["spec"].get("topologySpreadConstraints", [])
        self.hard = [self.domains(c, [h for h in self.constraints if h["whenUnsatisfiable"] == "DoNotSchedule"]) for c in self.constraints if c["whenUnsatisfiable"] == "DoNotSchedule"]
        self.pairs()
        self.reasons = {name(n): self.reason(n) for n in nodes}
        self.feasible = [n for n in nodes if self.reasons[name(n)] is None]
        self.scores = {name(n): {} for n in self.feasible}
        if len(self.feasible) > 1:
            for score in (self.taints, self.wishes, self.resources, self.images, self.neighbours, self.spreading):
                score()

    # filters

    def selector(self, constraint):
        selector = copy.deepcopy(constraint["labelSelector"])
        for key in constraint.get("matchLabelKeys", []):
            if key in labels(self.pod):
                selector.setdefault("matchExpressions", []).append({"key": key, "operator": "In", "values": [labels(self.pod)[key]]})
        return selector

    def count(self, selector, node):
        return sum(p["metadata"]["namespace"] == self.pod["metadata"]["namespace"] and selects(selector, labels(p)) for p in self.on[name(node)])

    def included(self, constraint, node):
        if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not node_allowed(self.pod, node):
            return False
        return constraint.get("nodeTaintsPolicy", "Ignore") == "Ignore" or not untolerated(self.pod, node, "NoSchedule", "NoExecute")

    def domains(self, constraint, all_constraints):
        selector, counts = self.selector(constraint), {}
        for n in self.nodes:
            if all(c["topologyKey"] in labels(n) for c in all_constraints) and self.included(constraint, n):
                value = labels(n)[constraint["topologyKey"]]
                counts[value] = counts.get(value, 0) + self.count(selector, n)
        return constraint, selector, counts

    def pairs(self):
        """Which topology pairs have pods that the pod wants near, wants far, or that want it far."""
        self.near, self.far, self.existing = set(), set(), set()
        wanted, unwanted = terms(self.pod, "podAffinity", REQUIRED), terms(self.pod, "podAntiAffinity", REQUIRED)
        for n in self.nodes:
            for p in self.on[name(n)]:
                if wanted and all(term_selects(t, self.pod, p) for t in wanted):
                    self.near |= {(t["topologyKey"], labels(n).get(t["topologyKey"])) for t in wanted if t["topologyKey"] in labels(n)}
                self.far |= {(t["topologyKey"], labels(n).get(t["topologyKey"])) for t in unwanted if term_selects(t, self.pod, p) and t["topologyKey"] in labels(n)}
                theirs = terms(p, "podAntiAffinity", REQUIRED)
                self.existing |= {(t["topologyKey"], labels(n).get(t["topologyKey"])) for t in theirs if term_selects(t, p, self.pod) and t["topologyKey"] in labels(n)}

    def insufficient(self, node):
        here, room, wanted = self.on[name(node)], node["status"]["allocatable"], requests(self.pod)
        words = ["Too many pods"] if len(here) + 1 > quantity(room["pods"]) else []
        for resource in ("cpu", "memory", "ephemeral-storage"):
            used = sum(requests(p).get(resource, 0) for p in here)
            if 0 < wanted.get(resource, 0) > quantity(room[resource]) - used:
                words.append("Insufficient " + resource)
        return ", ".join(words) or None

    def uneven(self, node):
        for constraint, selector, counts in self.hard:
            value = labels(node).get(constraint["topologyKey"])
            if value is None:
                return "node(s) didn't match pod topology spread constraints (missing required label)"
            least = min(counts.values()) if counts and len(counts) >= constraint.get("minDomains", 1) else 0
            if counts.get(value, 0) + selects(selector, labels(self.pod)) - least > constraint["maxSkew"]:
                return "node(s) didn't match pod topology spread constraints"
        return None

    def wrong_neighbours(self, node):
        wanted = terms(self.pod, "podAffinity", REQUIRED)
        is_first = not self.near and all(term_selects(t, self.pod, self.pod) for t in wanted)
        for t in wanted:
            pair = t["topologyKey"], labels(node).get(t["topologyKey"])
            if pair[1] is None or (pair not in self.near and not is_first):
                return "node(s) didn't match pod affinity rules"
        if any((t["topologyKey"], labels(node).get(t["topologyKey"])) in self.far for t in terms(self.pod, "podAntiAffinity", REQUIRED)):
            return "node(s) didn't match pod anti-affinity rules"
        return "node(s) didn't satisfy existing pods anti-affinity rules" if self.existing & set(labels(node).items()) else None

    def reason(self, node):
        if untolerated(self.pod, node, "NoSchedule", "NoExecute"):
            return "node(s) had untolerated taint(s)"
        if not node_allowed(self.pod, node):
            return "node(s) didn't match Pod's node affinity/selector"
        if host_ports(self.pod) & {port for p in self.on[name(node)] for port in host_ports(p)}:
            return "node(s) didn't have free ports for the requested pod ports"
        return self.insufficient(node) or self.uneven(node) or self.wrong_neighbours(node)

    # scores

    def put(self, plugin, weight, scores):
        for node, score in scores.items():
            self.scores[node][plugin] = score * weight

    def taints(self):
        raw = {name(n): len(untolerated(self.pod, n, "PreferNoSchedule")) for n in self.feasible}
        most = max(raw.values())
        self.put("TaintToleration", 3, {k: 100 - v * 100 // most if most else 100 for k, v in raw.items()})

    def wishes(self):
        preferred = node_affinity(self.pod).get(PREFERRED, [])
        raw = {name(n): sum(t["weight"] for t in preferred if node_term_matches(t["preference"], n)) for n in self.feasible}
        most = max(raw.values())
        if preferred:
            self.put("NodeAffinity", 2, {k: v * 100 // most if most else 0 for k, v in raw.items()})

    def resources(self):
        fit, balanced, wanted = {}, {}, requests(self.pod)
        for n in self.feasible:
            parts, shares = [], []
            for resource, unit in (("cpu", 1000), ("memory", 1)):
                room = math.ceil(quantity(n["status"]["allocatable"][resource]) * unit)
                pods = self.on[name(n)] + [self.pod]
                asked = sum(math.ceil(requests(p, True).get(resource, 0) * unit) for p in pods)
                real = sum(math.ceil(requests(p).get(resource, 0) * unit) for p in pods)
                parts.append(0 if asked > room else (room - asked) * 100 // room)
                shares.append(min(1.0, real / room))
            fit[name(n)] = sum(parts) // 2
            balanced[name(n)] = int((1 - abs((shares[0] - shares[1]) / 2)) * 100.0)
        self.put("NodeResourcesFit", 1, fit)
        if wanted.get("cpu") or wanted.get("memory"):
            self.put("NodeResourcesBalancedAllocation", 1, balanced)

    def images(self):
        where = {}
        for n in self.nodes:
            for image in n["status"]["images"]:
                where.setdefault(image["names"][0], (image["sizeBytes"], set()))[1].add(name(n))
        containers = self.pod["spec"].get("initContainers", []) + self.pod["spec"]["containers"]
        wanted = [c["image"] if ":" in c["image"] else c["image"] + ":latest" for c in containers]
        low, high, scores = 23 * MI, 1000 * MI * len(containers), {}
        for n in self.feasible:
            found = [where[i] for i in wanted if i in where and name(n) in where[i][1]]
            total = sum(int(float(size) * (len(nodes) / len(self.nodes))) for size, nodes in found)
            scores[name(n)] = 100 * (min(max(total, low), high) - low) // (high - low)
        self.put("ImageLocality", 1, scores)

    def neighbours(self):
        sums = {}

        def weigh(wanted, owner, other, node, sign):
            for t in wanted:
                term, weight = (t["podAffinityTerm"], t["weight"]) if "weight" in t else (t, 1)
                pair = term["topologyKey"], labels(node).get(term["topologyKey"])
                if pair[1] is not None and term_selects(term, owner, other):
                    sums[pair] = sums.get(pair, 0) + sign * weight

        for n in self.nodes:
            for p in self.on[name(n)]:
                weigh(terms(self.pod, "podAffinity", PREFERRED), self.pod, p, n, 1)
                weigh(terms(self.pod, "podAntiAffinity", PREFERRED), self.pod, p, n, -1)
                weigh(terms(p, "podAffinity", REQUIRED) + terms(p, "podAffinity", PREFERRED), p, self.pod, n, 1)
                weigh(terms(p, "podAntiAffinity", PREFERRED), p, self.pod, n, -1)
        raw = {name(n): sum(sums.get(pair, 0) for pair in labels(n).items()) for n in self.feasible}
        low, high = min(raw.values()), max(raw.values())
        if sums:
            self.put("InterPodAffinity", 2, {k: int(100.0 * ((v - low) / (high - low))) if high > low else 0 for k, v in raw.items()})

    def soft_constraints(self):
        if self.constraints:
            return [c for c in self.constraints if c["whenUnsatisfiable"] == "ScheduleAnyway"]
        chosen = [s["spec"]["selector"] for s in self.services if selects({"matchLabels": s["spec"]["selector"]}, labels(self.pod))]
        return [{"maxSkew": skew, "topologyKey": key, "labelSelector": {"matchLabels": chosen[0]}} for skew, key in ((3, HOSTNAME), (5, ZONE)) if chosen]

    def spreading(self):
        constraints = self.soft_constraints()
        has_all = lambda n: not self.constraints or all(c["topologyKey"] in labels(n) for c in constraints)
        candidates = [n for n in self.feasible if has_all(n)]
        sums, scores = {name(n): 0.0 for n in candidates}, {name(n): 0 for n in self.feasible}
        for c in constraints:
            key, selector, counts = c["topologyKey"], self.selector(c), {}
            for n in self.nodes:
                if has_all(n) and self.included(c, n):
                    counts[labels(n).get(key)] = counts.get(labels(n).get(key), 0) + self.count(selector, n)
            size = len(candidates) if key == HOSTNAME else len({labels(n).get(key) for n in candidates})
            for n in candidates:
                if key in labels(n):
                    count = self.count(selector, n) if key == HOSTNAME else counts.get(labels(n)[key], 0)
                    sums[name(n)] += count * math.log(size + 2) + float(c["maxSkew"] - 1)
        raw = {k: math.floor(v + 0.5) for k, v in sums.items()}
        for k, v in raw.items():
            scores[k] = 100 * (max(raw.values()) + min(raw.values()) - v) // max(raw.values()) if max(raw.values()) else 100
        if constraints:
            self.put("PodTopologySpread", 2, scores)


# --- clusters drawn at random ----------------------------------------------------------------------


def draw_selector(r):
    selector = {"matchLabels": {"app": r.choice("abc")}} if r.random() < 0.6 else {}
    if not selector or r.random() < 0.3:
        e = {"key": r.choice(["app", "tier"]), "operator": r.choice(["In", "NotIn", "Exists", "DoesNotExist"])}
        if "In" in e["operator"]:
            e["values"] = r.sample(["a", "b", "c", "x", "y"], 2)
        selector["matchExpressions"] = [e]
    return selector


def draw_term(r):
    term = {"topologyKey": r.choice([HOSTNAME, ZONE, "rack"]), "labelSelector": draw_selector(r)}
    if r.random() < 0.15:
        term["namespaces"] = [r.choice(["default", "other"])]
    if r.random() < 0.15:
        term["namespaceSelector"] = r.choice([{}, {"matchLabels": {"team": "a"}}])
    return term


def draw_container(r, called):
    asked = {k: r.choice(v) for k, v in (("cpu", ["100m", "250m", "333m", "1", "0"]), ("memory", ["64Mi", "1Gi", "0", "12345678"])) if r.random() < 0.7}
    return {"name": called, "image": r.choice(["img/a", "img/b:1", "img/c:latest", "img/d"]), "resources": {"requests": asked}}


def draw_inter_pod(r, chance):
    affinity = {}
    for kind in ("podAffinity", "podAntiAffinity"):
        if r.random() < chance * 0.4:
            affinity.setdefault(kind, {})[REQUIRED] = [draw_term(r) for _ in range(r.choice([1, 1, 2]))]
        if r.random() < chance:
            affinity.setdefault(kind, {})[PREFERRED] = [{"weight": r.randint(1, 100), "podAffinityTerm": draw_term(r)} for _ in range(r.choice([1, 2]))]
    return affinity


def draw_node_term(r):
    e = {"key": r.choice(["rack", "disk", "gen"]), "operator": r.choice(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"])}
    if e["operator"] in ("In", "NotIn"):
        e["values"] = r.sample(["1", "2", "ssd", "hdd"], 2)
    if e["operator"] in ("Gt", "Lt"):
        e["values"] = ["3"]
    return {"matchExpressions": [e]}


def draw_constraints(r, has_tier):
    drawn = {}
    for _ in range(r.choice([1, 2, 3])):
        c = {"maxSkew": r.choice([1, 1, 2, 3]), "topologyKey": r.choice([HOSTNAME, ZONE, "rack"]), "labelSelector": draw_selector(r)}
        c["whenUnsatisfiable"] = r.choice(["DoNotSchedule", "ScheduleAnyway", "ScheduleAnyway"])
        if r.random() < 0.2:
            c["nodeAffinityPolicy"] = "Ignore"
        if r.random() < 0.2:
            c["nodeTaintsPolicy"] = "Honor"
        if r.random() < 0.15 and c["whenUnsatisfiable"] == "DoNotSchedule":
            c["minDomains"] = r.choice([2, 3, 5])
        if r.random() < 0.15 and has_tier and "matchExpressions" not in c["labelSelector"]:
            c["matchLabelKeys"] = ["tier"]
        drawn.setdefault((c["topologyKey"], c["whenUnsatisfiable"]), c)
    return list(drawn.values())


def draw_pod(r, called, node=None):
    have = {"app": r.choice("abc"), **({"tier": r.choice("xy")} if r.random() < 0.5 else {})}
    spec = {"containers": [draw_container(r, f"c{i}") for i in range(r.choice([1, 1, 2]))], "affinity": draw_inter_pod(r, 0.15 if node else 0.4)}
    if r.random() < 0.2:
        spec["initContainers"] = [{**draw_container(r, f"i{i}"), **({"restartPolicy": "Always"} if r.random() < 0.5 else {})} for i in range(r.choice([1, 2]))]
    if node:
        spec["nodeName"] = node
    if r.random() < 0.2:
        spec["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": r.choice([80, 81, 82]), "protocol": r.choice(["TCP", "UDP"])}]
    if not node:
        chosen = {}
        if r.random() < 0.25:
            chosen[REQUIRED] = {"nodeSelectorTerms": [draw_node_term(r) for _ in range(r.choice([1, 2]))]}
        if r.random() < 0.4:
            chosen[PREFERRED] = [{"weight": r.randint(1, 100), "preference": draw_node_term(r)} for _ in range(r.choice([1, 2, 3]))]
        if chosen:
            spec["affinity"]["nodeAffinity"] = chosen
        if r.random() < 0.1:
            spec["nodeSelector"] = {"disk": "ssd"}
        if r.random() < 0.5:
            spec["tolerations"] = [r.choice([{"key": r.choice("kj"), "operator": "Exists"}, {"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"}])]
        if r.random() < 0.5:
            spec["topologySpreadConstraints"] = draw_constraints(r, "tier" in have)
    where = "default" if r.random() < 0.8 else "other"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": called, "namespace": where, "labels": have}, "spec": spec}


def draw_node(r, called):
    chances = ((ZONE, ["z1", "z2", "z3"], 0.85), ("rack", "123", 0.7), ("disk", ["ssd", "hdd"], 0.5), ("gen", "12345", 0.5))
    have = {HOSTNAME: called, **{key: r.choice(values) for key, values, chance in chances if r.random() < chance}}
    taints = [{"key": "k", "value": "v", "effect": r.choice(["NoSchedule", "PreferNoSchedule"])}] if r.random() < 0.2 else []
    if r.random() < 0.25:
        taints.append({"key": "j", "value": "w", "effect": "PreferNoSchedule"})
    sizes = (("img/a:latest", 90 * MI), ("img/b:1", 700 * MI), ("img/c:latest", 1500000001), ("img/d:latest", 30 * MI))
    room = {"cpu": r.choice(["2", "4", "3900m", "8"]), "memory": r.choice(["2Gi", "4Gi", "8092Mi", "16Gi"]), "pods": r.choice(["110", "6"]), "ephemeral-storage": "20Gi"}
    status = {"allocatable": room, "capacity": room, "images": [{"names": [i], "sizeBytes": size} for i, size in sizes if r.random() < 0.4]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": called, "labels": have}, "spec": {"taints": taints}, "status": status}


def check_one(o, say, run, seed):
    r = random.Random(seed)
    nodes = [draw_node(r, f"n{i}") for i in range(r.randint(3, 9))]
    bound = [draw_pod(r, f"b{i}", name(r.choice(nodes))) for i in range(r.randint(0, 16))]
    pod = draw_pod(r, "incoming")
    where, services = pod["metadata"]["namespace"], []
    if r.random() < 0.6:
        services.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": where}, "spec": {"selector": {"app": labels(pod)["app"]}, "ports": [{"port": 80}]}})
    head = {"apiVersion": "desk8s/v1", "kind": "Scenario", "metadata": {"name": "s"}, "spec": {"duration": "10s", "cluster": {"kubelet": "ideal"}}}
    other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other", "labels": {"team": "a"}}}
    with tempfile.TemporaryDirectory() as tmp:
        file = os.path.join(tmp, "s.yaml")
        with open(file, "w") as out:
            out.write("\n---\n".join(map(json.dumps, [head, other, *nodes, *services, *bound, pod])) + "\n")
        answer = run([o.program, "why", file, f"{where}/pod/incoming", "--scheduling", "-o", "json"])
    if answer.returncode:
        say(f"model {seed}", False, answer.stderr)
        return
    got, want = json.loads(answer.stdout)["nodes"], Attempt(nodes, bound, pod, services)
    wrong = [(n, got[n]["filter"], why) for n, why in want.reasons.items() if got[n]["filter"] != why]
    if len(want.feasible) > 1:
        wrong += [(n, got[n].get("scores"), scores) for n, scores in want.scores.items() if got[n].get("scores") != scores]
    say(f"model {seed}", not wrong, f"{wrong}")


def check(o, say, run, seeds=range(60)):
    for seed in seeds:
        check_one(o, say, run, seed)
