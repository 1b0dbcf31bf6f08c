/* describe_policy.c - disruption budgets */

#include "api/kinds/policy.h"
#include "kubectl/describe.h"
#include "kubectl/printers.h"

static const char *
amount_text(const IntOrString *amount)
{
    return amount->type == INT_OR_STRING_STRING ? amount->string
                                                : str_internf("%d", amount->integer);
}

static void
write_pdb(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const PdbSpec *spec = pdb_spec(object);
    const PdbStatus *status = pdb_status(object);

    describe_head(out, object);
    if (spec->min_available.type != INT_OR_STRING_UNSET)
        describe_line(out, 0, "Min available:\t%s\n", amount_text(&spec->min_available));
    else if (spec->max_unavailable.type != INT_OR_STRING_UNSET)
        describe_line(out, 0, "Max unavailable:\t%s\n", amount_text(&spec->max_unavailable));
    describe_line(out, 0, "Selector:\t%s\n",
                  spec->selector == NULL ? "<unset>" : label_selector_text(spec->selector));
    describe_line(out, 0, "Status:\n");
    describe_line(out, 2, "Allowed disruptions:\t%d\n", status->disruptions_allowed);
    describe_line(out, 2, "Current:\t%d\n", status->current_healthy);
    describe_line(out, 2, "Desired:\t%d\n", status->desired_healthy);
    describe_line(out, 2, "Total:\t%d\n", status->expected_pods);
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_pdb = {&pdb_kind, write_pdb};
