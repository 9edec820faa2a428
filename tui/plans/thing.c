#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/plans/plans.h"
#include "tui/session/session.h"

void *plan_thing_new(const struct plan_kind *kind, const char *id)
{
    struct plan_thing *thing = console_allocate(kind->work_size);
    thing->id = console_copy(id);
    thing->variant = kind->variant;
    thing->operation = kind->operation;
    thing->plan = kind->operation ? console_allocate(kind->operation->plan_size) : NULL;
    if (kind->begin)
        kind->begin(thing);
    return thing;
}

void plan_thing_release(void *work)
{
    struct plan_thing *thing = work;
    if (thing->operation)
        thing->operation->release(thing->plan);
    free(thing->plan);
    free(thing->id);
    free(thing);
}

int64_t plan_thing_size(const void *work)
{
    const struct plan_thing *thing = work;
    return thing->operation->changes(thing->plan);
}

enum error_code plan_thing_make(struct job_context *context, void *work, const void *request,
                                struct buffer *text, struct error *error)
{
    const struct plan_thing *thing = work;
    struct pipeline pipeline;
    enum error_code code =
        session_pipeline_for(context->session, thing->operation, &pipeline, error);
    if (code)
        return code;
    thing->operation->release(thing->plan);
    code = thing->operation->make(&pipeline, request, thing->plan, error);
    if (!code)
        thing->operation->text(thing->plan, text);
    return code;
}

enum error_code plan_thing_apply(struct job_context *context, void *work, const char *reason,
                                 void *result, struct error *error)
{
    const struct plan_thing *thing = work;
    struct pipeline pipeline;
    enum error_code code =
        session_pipeline_for(context->session, thing->operation, &pipeline, error);
    return code ? code : thing->operation->apply(&pipeline, thing->plan, reason, result, error);
}
