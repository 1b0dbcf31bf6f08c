"""The default scheduler profile once more, written apart from src/scheduler, and put against `why --scheduling` on clusters drawn at random.

Models: v1.34 pkg/scheduler/framework/plugins, framework/preemption: what passes, every score, the message, and the nodes that preemption may choose."""
import copy
import json
import math
import os
import random
import tempfile
from fractions import Fraction
HOSTNAME, ZONE = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
REQUIRED, PREFERRED = ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution")
NAMESPACES = {"default": {"kubernetes.io/metadata.name": "default"}, "other": {"kubernetes.io/metadata.name": "other", "team": "a"}, "third": {"kubernetes.io/metadata.name": "third", "team": "b", "x": "y"}}
SUFFIXES = {"Ki": Fraction(1024), "Mi": Fraction(1024 ** 2), "Gi": Fraction(1024 ** 3), "m": Fraction(1, 1000), "k": Fraction(1000), "M": Fraction(10 ** 6), "G": Fraction(10 ** 9)}


# --- reading objects ---------------------------------------------------------------------------


def quantity(s):
    s = str(s)
    for k in ("Ki", "Mi", "Gi", "m", "k", "M", "G"):
        if s.endswith(k):
            return Fraction(s[:-len(k)]) * SUFFIXES[k]
    return Fraction(s)


def labels(o):
    return o["metadata"].get("labels", {})


def name(o):
    return o["metadata"]["name"]


def space(o):
    return o["metadata"].get("namespace", "default")


def expression_matches(e, have):
    k, op, v = (e["key"], e["operator"], e.get("values", []))
    if op == "In":
        return k in have and have[k] in v
    if op == "NotIn":
        return k not in have or have[k] not in v
    if op == "Exists":
        return k in have
    if op == "DoesNotExist":
        return k not in have
    if op in ("Gt", "Lt"):
        try:
            a = int(have[k])
            b = int(v[0])
        except Exception:
            return False
        return a > b if op == "Gt" else a < b
    raise ValueError(op)


def selects(s, have):
    if s is None:
        return False
    return all((have.get(k) == v for k, v in (s.get("matchLabels") or {}).items())) and all((expression_matches(e, have) for e in s.get("matchExpressions") or []))


def selects_all(s):
    return s is not None and (not s.get("matchLabels")) and (not s.get("matchExpressions"))


def term_match(t, node):
    es, fs = (t.get("matchExpressions") or [], t.get("matchFields") or [])
    if not es and (not fs):
        return False
    return all((expression_matches(e, labels(node)) for e in es)) and all((expression_matches(f, {"metadata.name": name(node)}) for f in fs))


def node_affinity(pod):
    return (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}


def required_match(pod, node):
    for k, v in (pod["spec"].get("nodeSelector") or {}).items():
        if labels(node).get(k) != v:
            return False
    r = node_affinity(pod).get(REQUIRED)
    return True if r is None else any((term_match(t, node) for t in r["nodeSelectorTerms"]))


def toleration_matches(t, taint):
    if t.get("effect") and t["effect"] != taint["effect"]:
        return False
    if t.get("key") and t["key"] != taint["key"]:
        return False
    op = t.get("operator") or "Equal"
    if op == "Exists":
        return True
    return (t.get("value") or "") == (taint.get("value") or "")


def tolerated(pod, taint, only=None):
    return any((toleration_matches(t, taint) for t in pod["spec"].get("tolerations") or [] if only is None or not t.get("effect") or t["effect"] == only))


def untolerated(pod, node, cordon=False):
    taints = list(node["spec"].get("taints") or [])
    if cordon and node["spec"].get("unschedulable"):
        taints.append({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
    return [t for t in taints if t["effect"] in ("NoSchedule", "NoExecute") and (not tolerated(pod, t))]


DEFAULTS = {"cpu": Fraction(1, 10), "memory": Fraction(200 * 1024 * 1024)}


# --- what a pod asks for ------------------------------------------------------------------------


def pod_level(pod):
    """requests of the whole pod after the API's defaults"""
    res = pod["spec"].get("resources") or {}
    req, lim = ({k: quantity(v) for k, v in (res.get("requests") or {}).items()}, {k: quantity(v) for k, v in (res.get("limits") or {}).items()})
    if lim:
        bare = {"spec": {k: v for k, v in pod["spec"].items() if k not in ("resources", "overhead")}}
        base = requests(bare)
        for k in ("cpu", "memory"):
            if k in base:
                req.setdefault(k, base[k])
        for k, v in lim.items():
            req.setdefault(k, v)
    return req


def requests_on_node(pod):
    """as counted on a node"""
    if not pod_level(pod):
        return requests(pod, True)
    return requests(pod, {k for k in DEFAULTS if k not in requests(pod)})


def requests(pod, default=False):
    default = set(DEFAULTS) if default is True else default or ()

    def creq(c):
        r = {k: quantity(v) for k, v in ((c.get("resources") or {}).get("requests") or {}).items()}
        for k, v in ((c.get("resources") or {}).get("limits") or {}).items():
            r.setdefault(k, quantity(v))
        if default:
            for k in default:
                r.setdefault(k, DEFAULTS[k])
        return r
    tot, side, im = ({}, {}, {})
    for c in pod["spec"]["containers"]:
        for k, v in creq(c).items():
            tot[k] = tot.get(k, Fraction(0)) + v
    for c in pod["spec"].get("initContainers") or []:
        r = creq(c)
        if c.get("restartPolicy") == "Always":
            for k, v in r.items():
                tot[k] = tot.get(k, Fraction(0)) + v
                side[k] = side.get(k, Fraction(0)) + v
            cand = dict(side)
        else:
            cand = dict(r)
            for k, v in side.items():
                cand[k] = cand.get(k, Fraction(0)) + v
        for k, v in cand.items():
            im[k] = max(im.get(k, Fraction(0)), v)
    for k, v in im.items():
        tot[k] = max(tot.get(k, Fraction(0)), v)
    pl = pod_level(pod)
    for k, v in pl.items():
        if k in ("cpu", "memory") or k.startswith("hugepages-"):
            tot[k] = v
    for k, v in (pod["spec"].get("overhead") or {}).items():
        tot[k] = tot.get(k, Fraction(0)) + quantity(v)
    return tot


def whole(r, k):
    return math.ceil(r.get(k, Fraction(0)) * (1000 if k == "cpu" else 1))


def is_scalar(k):
    return "/" in k or k.startswith("hugepages-")


# --- neighbours ---------------------------------------------------------------------------------


def ports(pod):
    out = []
    for c in pod["spec"]["containers"] + [c for c in pod["spec"].get("initContainers") or [] if c.get("restartPolicy") == "Always"]:
        for p in c.get("ports") or []:
            if p.get("hostPort"):
                out.append((p.get("hostIP") or "0.0.0.0", p.get("protocol") or "TCP", p["hostPort"]))
    return out


def ports_conflict(a, b):
    return a[1] == b[1] and a[2] == b[2] and ("0.0.0.0" in (a[0], b[0]) or a[0] == b[0])


def terms(pod, kind, when):
    return ((pod["spec"].get("affinity") or {}).get(kind) or {}).get(when) or []


def term_matches(t, owner, other):
    o = space(other)
    names = t.get("namespaces") or []
    if not names and "namespaceSelector" not in t:
        ok = o == space(owner)
    else:
        ok = o in names or ("namespaceSelector" in t and selects(t["namespaceSelector"], NAMESPACES[o]))
    if not ok:
        return False
    s = t.get("labelSelector")
    if s is None:
        return False
    if not selects(s, labels(other)):
        return False
    for k in t.get("matchLabelKeys") or []:
        if k in labels(owner) and labels(other).get(k) != labels(owner)[k]:
            return False
    for k in t.get("mismatchLabelKeys") or []:
        if k in labels(owner) and k in labels(other) and (labels(other).get(k) == labels(owner)[k]):
            return False
    return True


def priority(pod, classes):
    return classes.get(pod["spec"].get("priorityClassName"), 0)


# --- one attempt --------------------------------------------------------------------------------


class World:

    def __init__(s, nodes, bound, objs, classes):
        s.nodes, s.objs, s.classes = (nodes, objs, classes)
        s.on = {name(n): [p for p in bound if p["spec"]["nodeName"] == name(n)] for n in nodes}

    def spread_sel(s, c, pod):
        base = c.get("labelSelector")
        extra = [(k, labels(pod)[k]) for k in c.get("matchLabelKeys") or [] if k in labels(pod)]
        return (base, extra)

    def ssel(s, se, have):
        return selects(se[0], have) and all((have.get(k) == v for k, v in se[1]))

    def sempty(s, se):
        return selects_all(se[0]) and (not se[1])

    def scount(s, se, node, nsn, on):
        if s.sempty(se):
            return 0
        return sum((1 for p in on[name(node)] if space(p) == nsn and s.ssel(se, labels(p))))

    def policy(s, c, pod, node):
        if c.get("nodeAffinityPolicy", "Honor") == "Honor" and (not required_match(pod, node)):
            return False
        if c.get("nodeTaintsPolicy", "Ignore") == "Honor" and untolerated(pod, node, True):
            return False
        return True

    def prefilter(s, pod, on):
        st = {}
        cons = [c for c in pod["spec"].get("topologySpreadConstraints") or [] if c["whenUnsatisfiable"] == "DoNotSchedule"]
        st["cons"] = []
        for c in cons:
            se = s.spread_sel(c, pod)
            m = {}
            for n in s.nodes:
                if not all((x["topologyKey"] in labels(n) for x in cons)):
                    continue
                if not s.policy(c, pod, n):
                    continue
                v = labels(n)[c["topologyKey"]]
                m[v] = m.get(v, 0) + s.scount(se, n, space(pod), on)
            st["cons"].append((c, se, m))
        A, B = (terms(pod, "podAffinity", REQUIRED), terms(pod, "podAntiAffinity", REQUIRED))
        aff, anti, ex = ({}, {}, {})
        for n in s.nodes:
            for p in on[name(n)]:
                if A and all((term_matches(t, pod, p) for t in A)):
                    for t in A:
                        if t["topologyKey"] in labels(n):
                            k = (t["topologyKey"], labels(n)[t["topologyKey"]])
                            aff[k] = aff.get(k, 0) + 1
                for t in B:
                    if term_matches(t, pod, p) and t["topologyKey"] in labels(n):
                        k = (t["topologyKey"], labels(n)[t["topologyKey"]])
                        anti[k] = anti.get(k, 0) + 1
                for t in terms(p, "podAntiAffinity", REQUIRED):
                    if term_matches(t, p, pod) and t["topologyKey"] in labels(n):
                        k = (t["topologyKey"], labels(n)[t["topologyKey"]])
                        ex[k] = ex.get(k, 0) + 1
        st["aff"], st["anti"], st["ex"] = (aff, anti, ex)
        return st

    def filt(s, pod, node, st, on):
        """-> (code, [reasons])"""
        if node["spec"].get("unschedulable") and (not tolerated(pod, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})):
            return ("UU", ["node(s) were unschedulable"])
        if untolerated(pod, node):
            return ("UU", ["node(s) had untolerated taint(s)"])
        if not required_match(pod, node):
            return ("UU", ["node(s) didn't match Pod's node affinity/selector"])
        used = [x for p in on[name(node)] for x in ports(p)]
        if any((ports_conflict(a, b) for a in ports(pod) for b in used)):
            return ("U", ["node(s) didn't have free ports for the requested pod ports"])
        al = {k: whole({k: quantity(v)}, k) for k, v in node["status"]["allocatable"].items()}
        r = requests(pod)
        why = []
        hopeless = False
        if len(on[name(node)]) + 1 > al.get("pods", 0):
            why.append("Too many pods")
        for k in r:
            w = whole(r, k)
            if w <= 0:
                continue
            if k not in ("cpu", "memory", "ephemeral-storage") and (not is_scalar(k)):
                continue
            have = sum((whole(requests(p), k) for p in on[name(node)]))
            if w > al.get(k, 0) - have:
                why.append("Insufficient " + k)
                if w > al.get(k, 0):
                    hopeless = True
        if why:
            return ("UU" if hopeless else "U", why)
        for c, se, m in st["cons"]:
            v = labels(node).get(c["topologyKey"])
            if v is None:
                return ("UU", ["node(s) didn't match pod topology spread constraints (missing required label)"])
            least = min(m.values()) if m else 0
            if len(m) < c.get("minDomains", 1):
                least = 0
            self = 1 if s.ssel(se, labels(pod)) else 0
            if m.get(v, 0) + self - least > c["maxSkew"]:
                return ("U", ["node(s) didn't match pod topology spread constraints"])
        A, B = (terms(pod, "podAffinity", REQUIRED), terms(pod, "podAntiAffinity", REQUIRED))
        ok = True
        for t in A:
            v = labels(node).get(t["topologyKey"])
            if v is None:
                return ("UU", ["node(s) didn't match pod affinity rules"])
            if st["aff"].get((t["topologyKey"], v), 0) <= 0:
                ok = False
        if not ok and (not (not st["aff"] and all((term_matches(t, pod, pod) for t in A)))):
            return ("UU", ["node(s) didn't match pod affinity rules"])
        for t in B:
            v = labels(node).get(t["topologyKey"])
            if v is not None and st["anti"].get((t["topologyKey"], v), 0) > 0:
                return ("U", ["node(s) didn't match pod anti-affinity rules"])
        if any((st["ex"].get(kv, 0) > 0 for kv in labels(node).items())):
            return ("U", ["node(s) didn't satisfy existing pods anti-affinity rules"])
        return (None, [])

    def names_from_affinity(s, pod):
        r = node_affinity(pod).get(REQUIRED)
        if r is None:
            return None
        union = set()
        for t in r["nodeSelectorTerms"]:
            cur = None
            for f in t.get("matchFields") or []:
                if f["key"] == "metadata.name" and f["operator"] == "In":
                    cur = set(f["values"]) if cur is None else cur & set(f["values"])
            if cur is None:
                return None
            union |= cur
        return union

    def attempt(s, pod):
        out = {"verdicts": {}, "scores": {}, "message": None, "absent": None}
        n_all = len(s.nodes)
        only = s.names_from_affinity(pod)
        pre_msg = None
        if only is not None and (not only):
            pre_msg = "pod affinity terms conflict"
        st = s.prefilter(pod, s.on)
        if pre_msg is None:
            for n in s.nodes:
                if only is not None and name(n) not in only:
                    continue
                out["verdicts"][name(n)] = s.filt(pod, n, st, s.on)
        feas = [n for n in s.nodes if out["verdicts"].get(name(n), ("x",))[0] is None]
        out["feasible"] = feas
        if len(feas) > 1:
            out["scores"] = s.scores(pod, feas)
        if not feas:
            hist = {}
            if pre_msg is not None:
                msg = f'0/{n_all} nodes are available: {pre_msg}.'
            else:
                for code, why in out["verdicts"].values():
                    for w in why:
                        hist[w] = hist.get(w, 0) + 1
                if only is not None and len(out["verdicts"]) < n_all:
                    hist["node(s) didn't satisfy plugin(s) [NodeAffinity]"] = n_all - len(out["verdicts"])
                msg = f'0/{n_all} nodes are available: ' + ", ".join(sorted((f'{c} {w}' for w, c in hist.items()))) + "."
            out["message"] = msg + s.postfilter(pod, out, pre_msg)
        return out

    def postfilter(s, pod, out, pre_msg):
        if pre_msg is not None:
            return " not found"
        if pod["spec"].get("preemptionPolicy") == "Never":
            return " no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
        hist, cands, examined = ({}, [], 0)
        mine = priority(pod, s.classes)
        for n in s.nodes:
            if out["verdicts"].get(name(n), ("UU",))[0] != "U":
                continue
            examined += 1
            lower = [p for p in s.on[name(n)] if priority(p, s.classes) < mine]
            if not lower:
                k = "No preemption victims found for incoming pod"
                hist[k] = hist.get(k, 0) + 1
                continue

            def fits(gone):
                on = dict(s.on)
                on[name(n)] = [p for p in s.on[name(n)] if p not in gone]
                return s.filt(pod, n, s.prefilter(pod, on), on)
            code, why = fits(lower)
            if code is not None:
                for w in why:
                    hist[w] = hist.get(w, 0) + 1
                continue
            gone = list(lower)
            victims = []
            for p in sorted(lower, key=lambda p: -priority(p, s.classes)):
                gone.remove(p)
                if fits(gone)[0] is not None:
                    gone.append(p)
                    victims.append(p)
            if victims:
                cands.append((name(n), victims))
            else:
                k = f'expected at least one victim pod on node "{name(n)}"'
                hist[k] = hist.get(k, 0) + 1
        if cands:
            key = lambda c: (max((priority(p, s.classes) for p in c[1])), sum((priority(p, s.classes) + 2 ** 31 for p in c[1])), len(c[1]))
            best = min(map(key, cands))
            out["nominated"] = [(n, sorted((f'{space(p)}/{name(p)}' for p in v))) for n, v in cands if key((n, v)) == best]
            return ""
        rest = len(s.nodes) - examined
        if rest:
            hist["Preemption is not helpful for scheduling"] = rest
        return f' no new claims to deallocate, preemption: 0/{len(s.nodes)} nodes are available: ' + ", ".join(sorted((f'{c} {w}' for w, c in hist.items()))) + "."

    def scores(s, pod, feas):
        out = {name(n): {} for n in feas}

        def put(name, w, sc):
            for k, v in sc.items():
                out[k][name] = v * w
        raw = {name(n): sum((1 for t in n["spec"].get("taints") or [] if t["effect"] == "PreferNoSchedule" and (not tolerated(pod, t, "PreferNoSchedule")))) for n in feas}
        mx = max(raw.values())
        put("TaintToleration", 3, {k: 100 if mx == 0 else 100 - v * 100 // mx for k, v in raw.items()})
        pr = node_affinity(pod).get(PREFERRED) or []
        if pr:
            raw = {name(n): sum((t["weight"] for t in pr if term_match(t["preference"], n))) for n in feas}
            mx = max(raw.values())
            put("NodeAffinity", 2, {k: v * 100 // mx if mx else v for k, v in raw.items()})
        fit, bal = ({}, {})
        r0, r1 = (requests(pod), requests(pod, True))
        for n in feas:
            sc, fr = ([], [])
            for k in ("cpu", "memory"):
                cap = whole({k: quantity(n["status"]["allocatable"].get(k, 0))}, k)
                if cap == 0:
                    continue
                use = whole(r1, k) + sum((whole(requests_on_node(p), k) for p in s.on[name(n)]))
                sc.append(0 if use > cap else (cap - use) * 100 // cap)
                use = whole(r0, k) + sum((whole(requests(p), k) for p in s.on[name(n)]))
                fr.append(min(1.0, use / cap))
            fit[name(n)] = sum(sc) // len(sc) if sc else 0
            std = abs((fr[0] - fr[1]) / 2) if len(fr) == 2 else 0.0
            bal[name(n)] = int((1 - std) * 100.0)
        put("NodeResourcesFit", 1, fit)
        if whole(r0, "cpu") or whole(r0, "memory"):
            put("NodeResourcesBalancedAllocation", 1, bal)
        size, where = ({}, {})
        for n in s.nodes:
            for im in n["status"].get("images") or []:
                for nm in im["names"]:
                    size.setdefault(nm, im["sizeBytes"])
                    where.setdefault(nm, set()).add(name(n))
        cs = (pod["spec"].get("initContainers") or []) + pod["spec"]["containers"]
        im = {}
        for n in feas:
            tot = 0
            for c in cs:
                nm = c["image"]
                if nm.rfind(":") <= nm.rfind("/"):
                    nm += ":latest"
                if name(n) in where.get(nm, ()):
                    tot += int(float(size[nm]) * (float(len(where[nm])) / float(len(s.nodes))))
            lo, hi = (23 * 1024 ** 2, 1000 * 1024 ** 2 * len(cs))
            tot = min(max(tot, lo), hi)
            im[name(n)] = 100 * (tot - lo) // (hi - lo)
        put("ImageLocality", 1, im)
        S = {}

        def add(t, w, owner, other, node):
            if t["topologyKey"] in labels(node) and term_matches(t, owner, other):
                k = (t["topologyKey"], labels(node)[t["topologyKey"]])
                S[k] = S.get(k, 0) + w
        for n in s.nodes:
            for p in s.on[name(n)]:
                for t in terms(pod, "podAffinity", PREFERRED):
                    add(t["podAffinityTerm"], t["weight"], pod, p, n)
                for t in terms(pod, "podAntiAffinity", PREFERRED):
                    add(t["podAffinityTerm"], -t["weight"], pod, p, n)
                for t in terms(p, "podAffinity", REQUIRED):
                    add(t, 1, p, pod, n)
                for t in terms(p, "podAffinity", PREFERRED):
                    add(t["podAffinityTerm"], t["weight"], p, pod, n)
                for t in terms(p, "podAntiAffinity", PREFERRED):
                    add(t["podAffinityTerm"], -t["weight"], p, pod, n)
        if S:
            raw = {name(n): sum((v for (k, x), v in S.items() if labels(n).get(k) == x)) for n in feas}
            lo, hi = (min(raw.values()), max(raw.values()))
            put("InterPodAffinity", 2, {k: int(100.0 * (float(v - lo) / float(hi - lo))) if hi > lo else 0 for k, v in raw.items()})
        own = pod["spec"].get("topologySpreadConstraints") or []
        if own:
            cons = [(c, s.spread_sel(c, pod)) for c in own if c["whenUnsatisfiable"] == "ScheduleAnyway"]
        else:
            se = s.default_selector(pod)
            cons = [] if se is None else [({"maxSkew": 3, "topologyKey": HOSTNAME}, se), ({"maxSkew": 5, "topologyKey": ZONE}, se)]
        if cons:
            need = bool(own)
            full = lambda n: all((c["topologyKey"] in labels(n) for c, _ in cons))
            ign = {name(n) for n in feas if need and (not full(n))}
            sums = {name(n): 0.0 for n in feas if name(n) not in ign}
            for c, se in cons:
                k = c["topologyKey"]
                if k == HOSTNAME:
                    w = math.log(len(feas) - len(ign) + 2)
                    cnt = None
                else:
                    cnt = {labels(n).get(k, ""): 0 for n in feas if name(n) not in ign}
                    w = math.log(len(cnt) + 2)
                    for n in s.nodes:
                        if need and (not full(n)):
                            continue
                        if not s.policy(c, pod, n):
                            continue
                        v = labels(n).get(k, "")
                        if v in cnt:
                            cnt[v] += s.scount(se, n, space(pod), s.on)
                for n in feas:
                    if name(n) in ign or k not in labels(n):
                        continue
                    x = s.scount(se, n, space(pod), s.on) if k == HOSTNAME else cnt[labels(n)[k]]
                    sums[name(n)] += float(x) * w + float(c["maxSkew"] - 1)
            raw = {k: math.floor(v + 0.5) for k, v in sums.items()}
            res = {k: 0 for k in ign}
            if raw:
                mn, mx = (min(raw.values()), max(raw.values()))
                for k, v in raw.items():
                    res[k] = 100 if mx == 0 else 100 * (mx + mn - v) // mx
            put("PodTopologySpread", 2, res)
        return out

    def default_selector(s, pod):
        pairs, exprs = ({}, [])
        for o in s.objs:
            if o["kind"] == "Service" and space(o) == space(pod) and o["spec"].get("selector") and all((labels(pod).get(k) == v for k, v in o["spec"]["selector"].items())):
                pairs.update(o["spec"]["selector"])
        for ref in pod["metadata"].get("ownerReferences") or []:
            if not ref.get("controller"):
                continue
            for o in s.objs:
                if o["kind"] == ref["kind"] and name(o) == ref["name"] and (space(o) == space(pod)) and (o["apiVersion"] == ref["apiVersion"]):
                    if o["kind"] == "ReplicationController":
                        pairs.update(o["spec"]["selector"])
                    elif o["kind"] in ("ReplicaSet", "StatefulSet"):
                        pairs2 = o["spec"]["selector"]
                        exprs += [{"key": k, "operator": "In", "values": [v]} for k, v in (pairs2.get("matchLabels") or {}).items()] + (pairs2.get("matchExpressions") or [])
        sel = {"matchLabels": pairs, "matchExpressions": exprs}
        return None if selects_all(sel) else (sel, [])


# --- clusters drawn at random -------------------------------------------------------------------


def draw_selector(r):
    x = r.random()
    if x < 0.04:
        return {}
    s = {}
    if x < 0.7:
        s["matchLabels"] = {"app": r.choice("abc")}
    if not s or r.random() < 0.3:
        op = r.choice(["In", "NotIn", "Exists", "DoesNotExist"])
        e = {"key": r.choice(["app", "tier"]), "operator": op}
        if op in ("In", "NotIn"):
            e["values"] = r.sample(["a", "b", "c", "x", "y"], r.choice([1, 2]))
        s["matchExpressions"] = [e]
    return s


def draw_term(r, have):
    t = {"topologyKey": r.choice([HOSTNAME, ZONE, "rack"])}
    if r.random() < 0.97:
        t["labelSelector"] = draw_selector(r)
    if r.random() < 0.15:
        t["namespaces"] = r.sample(["default", "other", "third"], r.choice([1, 2]))
    if r.random() < 0.2:
        t["namespaceSelector"] = r.choice([{}, {"matchLabels": {"team": "a"}}, {"matchExpressions": [{"key": "team", "operator": "Exists"}]}, {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}])
    ls = t.get("labelSelector")
    if ls is not None and (not any((e["key"] == "tier" for e in ls.get("matchExpressions", [])))):
        x = r.random()
        if x < 0.08:
            t["matchLabelKeys"] = ["tier"]
        elif x < 0.14:
            t["mismatchLabelKeys"] = ["tier"]
    return t


def draw_container(r, called):
    req, lim = ({}, {})
    for k, vs, ch in (("cpu", ["100m", "250m", "333m", "1", "0", "1500m", "0.1"], 0.7), ("memory", ["64Mi", "1Gi", "0", "12345678", "300M", "1500000k"], 0.7), ("ephemeral-storage", ["1Gi", "5Gi", "0"], 0.2)):
        if r.random() < ch:
            req[k] = r.choice(vs)
    if r.random() < 0.12:
        v = r.choice(["1", "2", "0"])
        req["example.com/gpu"] = v
        lim["example.com/gpu"] = v
    if r.random() < 0.05:
        lim["memory"] = "2Gi"
        req.pop("memory", None)
    c = {"name": called, "image": r.choice(["img/a", "img/b:1", "reg.local:5000/img/c:latest", "reg.local:5000/img/d", "img/e@sha256:0123456789012345678901234567890123456789012345678901234567890123"])}
    res = {}
    if req:
        res["requests"] = req
    if lim:
        res["limits"] = lim
    if res:
        c["resources"] = res
    return c


def draw_node_term(r, names):
    t = {}
    for _ in range(r.choice([1, 1, 2])):
        op = r.choice(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"])
        e = {"key": r.choice(["rack", "disk", "gen", ZONE]), "operator": op}
        if op in ("In", "NotIn"):
            e["values"] = r.sample(["1", "2", "ssd", "hdd", "z1"], 2)
        if op in ("Gt", "Lt"):
            e["key"] = "gen"
            e["values"] = [r.choice(["2", "3", "0"])]
        t.setdefault("matchExpressions", []).append(e)
    if r.random() < 0.15:
        if r.random() < 0.5:
            t.pop("matchExpressions")
        t["matchFields"] = [{"key": "metadata.name", "operator": r.choice(["In", "In", "NotIn"]), "values": [r.choice(names)]}]
    return t


def draw_spread(r, have):
    cs, seen = ([], set())
    for _ in range(r.choice([1, 2, 3])):
        c = {"maxSkew": r.choice([1, 1, 2, 3, 5]), "topologyKey": r.choice([HOSTNAME, ZONE, "rack"]), "whenUnsatisfiable": r.choice(["DoNotSchedule", "ScheduleAnyway", "ScheduleAnyway"])}
        if r.random() < 0.97:
            c["labelSelector"] = draw_selector(r)
        k = (c["topologyKey"], c["whenUnsatisfiable"])
        if k in seen:
            continue
        seen.add(k)
        if r.random() < 0.25:
            c["nodeAffinityPolicy"] = r.choice(["Ignore", "Honor"])
        if r.random() < 0.3:
            c["nodeTaintsPolicy"] = r.choice(["Ignore", "Honor", "Honor"])
        if c["whenUnsatisfiable"] == "DoNotSchedule" and r.random() < 0.25:
            c["minDomains"] = r.choice([1, 2, 3, 5])
        ls = c.get("labelSelector")
        if ls is not None and r.random() < 0.2 and (not any((e["key"] == "tier" for e in ls.get("matchExpressions", [])))):
            c["matchLabelKeys"] = ["tier"]
        cs.append(c)
    return cs


def draw_pod(r, called, nodes, classes, node=None):
    have = {"app": r.choice("abc")}
    if r.random() < 0.5:
        have["tier"] = r.choice("xy")
    if r.random() < 0.05:
        have = {}
    spec = {"containers": [draw_container(r, f'c{i}') for i in range(r.choice([1, 1, 2, 3]))]}
    if r.random() < 0.3:
        spec["initContainers"] = [{**draw_container(r, f'i{i}'), **({"restartPolicy": "Always"} if r.random() < 0.5 else {})} for i in range(r.choice([1, 2, 3]))]
    aff, base = ({}, 0.12 if node else 0.4)
    for kind in ("podAffinity", "podAntiAffinity"):
        if r.random() < base * 0.4:
            aff.setdefault(kind, {})[REQUIRED] = [draw_term(r, have) for _ in range(r.choice([1, 1, 2]))]
        if r.random() < base:
            aff.setdefault(kind, {})[PREFERRED] = [{"weight": r.randint(1, 100), "podAffinityTerm": draw_term(r, have)} for _ in range(r.choice([1, 2, 3]))]
    if r.random() < 0.15:
        pl = {}
        if r.random() < 0.7:
            pl["cpu"] = "4500m" if r.random() < 0.3 else "3000m"
        if r.random() < 0.7:
            pl["memory"] = "7Gi"
        if pl:
            spec["resources"] = {"requests": pl}
        if r.random() < 0.3:
            spec.setdefault("resources", {})["limits"] = {k: v for k, v in (("cpu", "12"), ("memory", "20Gi")) if r.random() < 0.7} or {"cpu": "12"}
    if r.random() < 0.1:
        spec["runtimeClassName"] = "heavy"
    if r.random() < 0.25:
        p = {"containerPort": 80, "hostPort": r.choice([80, 81, 82]), "protocol": r.choice(["TCP", "TCP", "UDP"])}
        if r.random() < 0.4:
            p["hostIP"] = r.choice(["0.0.0.0", "127.0.0.1", "10.0.0.7"])
        (spec["initContainers"] if spec.get("initContainers") and r.random() < 0.3 else spec["containers"])[0]["ports"] = [p]
    if classes and r.random() < 0.8:
        spec["priorityClassName"] = r.choice(list(classes))
    if node:
        spec["nodeName"] = node
        spec["tolerations"] = [{"operator": "Exists", "effect": "NoExecute"}]
    else:
        na, names = ({}, [name(n) for n in nodes] + ["nobody"])
        if r.random() < 0.25:
            na[REQUIRED] = {"nodeSelectorTerms": [draw_node_term(r, names) for _ in range(r.choice([1, 2]))]}
        if r.random() < 0.4:
            na[PREFERRED] = [{"weight": r.randint(1, 100), "preference": draw_node_term(r, names)} for _ in range(r.choice([1, 2, 3]))]
        if na:
            aff["nodeAffinity"] = na
        if r.random() < 0.1:
            spec["nodeSelector"] = {"disk": "ssd"}
        if r.random() < 0.6:
            ts = []
            for _ in range(r.choice([1, 1, 2])):
                x = r.random()
                if x < 0.1:
                    ts.append({"operator": "Exists"})
                elif x < 0.2:
                    ts.append({"operator": "Exists", "effect": r.choice(["NoSchedule", "PreferNoSchedule"])})
                elif x < 0.3:
                    ts.append({"key": "node.kubernetes.io/unschedulable", "operator": "Exists"})
                else:
                    t = {"key": r.choice("kjl"), "operator": r.choice(["Exists", "Equal"])}
                    if t["operator"] == "Equal":
                        t["value"] = r.choice(["v", "w", ""])
                    if r.random() < 0.5:
                        t["effect"] = r.choice(["NoSchedule", "PreferNoSchedule", "NoExecute"])
                    ts.append(t)
            spec["tolerations"] = ts
        if r.random() < 0.5:
            spec["topologySpreadConstraints"] = draw_spread(r, have)
    if aff:
        spec["affinity"] = aff
    where = "default" if r.random() < 0.75 else r.choice(["other", "third"])
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": called, "namespace": where, "labels": have}, "spec": spec}


def draw_node(r, called):
    r.random()
    have = {HOSTNAME: called}
    for k, vs, ch in ((ZONE, ["z1", "z2", "z3"], 0.85), ("rack", "123", 0.7), ("disk", ["ssd", "hdd"], 0.5), ("gen", ["1", "2", "3", "4", "x"], 0.5), ("topology.kubernetes.io/region", ["r1", "r2"], 0.3)):
        if r.random() < ch:
            have[k] = r.choice(vs)
    taints = []
    for k, ch in (("k", 0.25), ("j", 0.2), ("l", 0.15)):
        if r.random() < ch:
            taints.append({"key": k, "effect": r.choice(["PreferNoSchedule", "PreferNoSchedule", "NoSchedule", "NoExecute"]), **({"value": r.choice(["v", "w"])} if r.random() < 0.7 else {})})
    al = {"cpu": r.choice(["2", "4", "3900m", "8"]), "memory": r.choice(["2Gi", "4Gi", "8092Mi", "16Gi", "15999999k"]), "pods": r.choice(["110", "110", "6", "4"]), "ephemeral-storage": r.choice(["20Gi", "6Gi"])}
    if r.random() < 0.5:
        al["example.com/gpu"] = r.choice(["1", "2", "4"])
    ims = [(["img/a:latest", "img/a:1"], 90 * 1024 ** 2), (["img/b:1"], r.choice([700 * 1024 ** 2, 500 * 1024 ** 2])), (["reg.local:5000/img/c:latest"], 1500000001), (["reg.local:5000/img/d:latest"], 30 * 1024 ** 2), (["img/e:1", "img/e@sha256:0123456789012345678901234567890123456789012345678901234567890123"], 300000000)]
    status = {"allocatable": al, "capacity": dict(al), "images": [{"names": n, "sizeBytes": s} for n, s in ims if r.random() < 0.4]}
    spec = {"taints": taints} if taints else {}
    if r.random() < 0.08:
        spec["unschedulable"] = True
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": called, "labels": have}, "spec": spec, "status": status}


def draw(seed):
    r = random.Random(seed)
    nodes = [draw_node(r, f'n{i}') for i in range(r.randint(2, 9))]
    nbound = r.randint(0, 25)
    classes = {f'p{i}': 10 * i + 7 for i in range(nbound + 2)}
    vals = list(range(nbound + 1))
    r.shuffle(vals)
    full = r.random() < 0.3
    bound = []
    for i in range(nbound):
        p = draw_pod(r, f'b{i}', nodes, None, name(r.choice(nodes)))
        p["spec"]["priorityClassName"] = f'p{vals[i]}'
        bound.append(p)
    pod = draw_pod(r, "incoming", nodes, None)
    x = r.random()
    if full:
        pod["spec"]["priorityClassName"] = f'p{r.choice([nbound + 1, nbound + 1, vals[nbound]])}'
        pod["spec"]["containers"][0]["resources"] = {"requests": {"cpu": r.choice(["3", "1500m", "3800m"]), "memory": r.choice(["1Gi", "3Gi"])}}
        pod["spec"].pop("resources", None)
    w = space(pod)
    objs = []
    for i in range(r.choice([0, 1, 1, 2])):
        sel = {"app": labels(pod).get("app", "a")} if r.random() < 0.7 else {"app": "b"}
        if r.random() < 0.2 and "tier" in labels(pod):
            sel = {"tier": labels(pod)["tier"]}
        objs.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": f's{i}', "namespace": w if r.random() < 0.8 else "default"}, "spec": {"selector": sel, "ports": [{"port": 80}]}})
    return (r, nodes, bound, pod, objs, classes)


def make_legal(bound, pod):
    """pod-level requests must not be below the containers' sum"""
    for p in bound + [pod]:
        pl = (p["spec"].get("resources") or {}).get("requests") or {}
        q0 = json.loads(json.dumps(p))
        q0["spec"].pop("resources", None)
        q0["spec"].pop("overhead", None)
        base = requests(q0)
        for k, v in list(pl.items()):
            if base.get(k, 0) > quantity(v):
                pl[k] = str(math.ceil(base[k]) + 1)
        if pl:
            for k in ("cpu", "memory"):
                if k not in pl and k in base:
                    pass


# --- against the build --------------------------------------------------------------------------


HEAVY = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "heavy"}, "handler": "heavy", "overhead": {"podFixed": {"cpu": "250m", "memory": "100Mi"}}}
HEAD = {"apiVersion": "desk8s/v1", "kind": "Scenario", "metadata": {"name": "s"}, "spec": {"duration": "10s", "cluster": {"kubelet": "ideal"}}}


def differences(got, want):
    """of what `why` printed from what the model says"""
    if want.get("nominated"):
        # the attempt that is shown came after the victims were gone
        chosen = got.get("node") or got.get("nominatedNode")
        return [] if chosen in [node for node, _ in want["nominated"]] else [("nominated", chosen, want["nominated"])]
    wrong = []
    for node, (code, reasons) in want["verdicts"].items():
        said = got["nodes"].get(node, {}).get("filter", "nothing")
        if sorted(said.split(", ") if said else []) != sorted(reasons):
            wrong.append((node, said, reasons))
    for node, scores in want["scores"].items():
        said = got["nodes"].get(node, {}).get("scores", {})
        wrong += [(node, plugin, said.get(plugin), scores.get(plugin)) for plugin in {**said, **scores} if said.get(plugin) != scores.get(plugin)]
    if got.get("message") != want["message"]:
        wrong.append((got.get("message"), want["message"]))
    return wrong


def check_one(o, say, run, seed):
    r, nodes, bound, pod, objects, classes = draw(seed)
    make_legal(bound, pod)
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": k, "labels": {a: b for a, b in v.items() if "/" not in a}}} for k, v in NAMESPACES.items() if k != "default"]
    ranks = [{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": k}, "value": v} for k, v in classes.items()]
    with tempfile.TemporaryDirectory() as tmp:
        file = os.path.join(tmp, "s.yaml")
        with open(file, "w") as out:
            out.write("\n---\n".join(map(json.dumps, [HEAD, *spaces, HEAVY, *ranks, *nodes, *objects, *bound, pod])) + "\n")
        answer = run([o.program, "why", file, f"{space(pod)}/pod/incoming", "--scheduling", "-o", "json"])
    if answer.returncode:
        say(f"model {seed}", False, answer.stderr)
        return
    for p in [*bound, pod]:
        if p["spec"].get("runtimeClassName"):
            p["spec"]["overhead"] = HEAVY["overhead"]["podFixed"]
    wrong = differences(json.loads(answer.stdout), World(nodes, bound, objects, classes).attempt(pod))
    say(f"model {seed}", not wrong, f"{wrong}")


# --- a cluster that changes ---------------------------------------------------------------------


def draw_change(r, nodes, pods):
    """One command, and what it does to the nodes and to the pods that are there."""
    node, pod, zone = r.choice(nodes), r.choice(pods), r.choice(["z1", "z2", "z3"])

    def to_zone(n):
        n["metadata"]["labels"][ZONE] = zone

    def out_of_rack(n):
        n["metadata"]["labels"].pop("rack", None)

    def taint(n):
        mark = {"key": "j", "value": "w", "effect": "PreferNoSchedule"}
        n["spec"]["taints"] = [t for t in n["spec"].get("taints", []) if (t["key"], t["effect"]) != ("j", mark["effect"])] + [mark]

    return r.choice([
        (f"delete pod {name(pod)} -n {space(pod)} --ignore-not-found", None, lambda n: None, name(pod)),
        (f"label node {name(node)} {ZONE}={zone} --overwrite", name(node), to_zone, None),
        (f"label node {name(node)} rack-", name(node), out_of_rack, None),
        (f"taint node {name(node)} j=w:PreferNoSchedule --overwrite", name(node), taint, None),
    ])


def check_changes(o, say, run, seed, n_pods=14):
    """Pods one after the other, with changes in between; each must be judged by what is there at its time. One that fits nowhere goes again."""
    r = random.Random(seed)
    nodes = [draw_node(r, f"n{i}") for i in range(r.randint(3, 8))]
    for n in nodes:
        n["spec"] = {"taints": [t for t in n["spec"].get("taints", []) if t["effect"] != "NoExecute"]}
        n["status"]["allocatable"]["cpu"] = n["status"]["capacity"]["cpu"] = r.choice(["8", "16", "32"])
    services = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"}, "spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}}]
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": k, "labels": {a: b for a, b in v.items() if "/" not in a}}} for k, v in NAMESPACES.items() if k != "default"]
    now, bound, timeline = copy.deepcopy(nodes), [], []
    pods = [draw_pod(r, f"p{i:02}", nodes, None) for i in range(n_pods)]
    make_legal(pods[:-1], pods[-1])
    with tempfile.TemporaryDirectory() as tmp:
        file = os.path.join(tmp, "s.yaml")
        for i, pod in enumerate(pods):
            at = 5 + 4 * i
            with open(os.path.join(tmp, f"{i}.json"), "w") as out:
                json.dump(pod, out)
            if i and r.random() < 0.4:
                command, node, change, gone = draw_change(r, nodes, pods[:i])
                timeline.append({"at": f"{at - 2}s", "kubectl": command})
                bound = [b for b in bound if name(b) != gone]
                for n in now:
                    if name(n) == node:
                        change(n)
            timeline.append({"at": f"{at}s", "kubectl": f"create -f {i}.json"})
            head = {**HEAD, "spec": {**HEAD["spec"], "duration": f"{at + 3}s", "timeline": timeline}}
            with open(file, "w") as out:
                out.write("\n---\n".join(map(json.dumps, [head, *spaces, HEAVY, *nodes, *services])) + "\n")
            answer = run([o.program, "why", file, f"{space(pod)}/pod/{name(pod)}", "--scheduling", "-o", "json"])
            if answer.returncode:
                say(f"changes {seed} {name(pod)}", False, answer.stderr)
                return
            if pod["spec"].get("runtimeClassName"):
                pod["spec"]["overhead"] = HEAVY["overhead"]["podFixed"]
            got = json.loads(answer.stdout)
            wrong = differences(got, World(now, bound, services, {}).attempt(pod))
            say(f"changes {seed} {name(pod)}", not wrong, f"{wrong}")
            if got["node"]:
                bound.append({**pod, "spec": {**pod["spec"], "nodeName": got["node"]}})
            else:
                timeline.append({"at": f"{at + 1}s", "kubectl": f"delete pod {name(pod)} -n {space(pod)}"})


def check(o, say, run, seeds=range(120), changing=range(8)):
    for seed in seeds:
        check_one(o, say, run, seed)
    for seed in changing:
        check_changes(o, say, run, seed)
