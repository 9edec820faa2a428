/*
 * How one upload comes to its end, and stays there: claim, waves, the batch's transaction, the outbox,
 * marks, the report, the notice, revalidation. README.md says what is modelled and what is not. A label
 * or word with an underscore in a comment here stands, as "tests/model: ...", at its place in core/.
 *
 * Three records: 0 is valid; 1 has the SKU of 0, so it is an error whatever comes first; 2 has a
 * category that does not exist while the file is validated, and does when it is revalidated.
 */
#define N 3

#ifndef PARSERS
#define PARSERS 2
#endif
#ifndef VALIDATORS
#define VALIDATORS 2
#endif
#ifndef PROCESSORS
#define PROCESSORS 1
#endif
#ifndef OPERATORS
#define OPERATORS 0
#endif
#ifndef CRASHES
#define CRASHES 2 /* processes that die between two steps, whichever */
#endif
#ifndef REPEATS
#define REPEATS 1 /* events that come once more for no reason */
#endif
#ifndef EXPIRIES
#define EXPIRIES 1 /* leases that end while their holder still works */
#endif

#ifndef TRIES
#define TRIES 3 /* records that a validator takes up */
#endif

#define NONE 0
#define VALID 1
#define INVALID 2
#define ABSENT 0
#define UNMARKED 1
#define MARKED 2 /* + the outcome */
#define UNKNOWN 1
#define ACCEPTED 2
#define FAILED 3

/* ---- the database */
bool claimed, admitted, written, finished;
byte outcome[N], product[N], revised;
bool marked[N]; /* item_marked_at */
byte valid, invalid;
byte outbox_errors, outbox_finished, finished_made, errors_made;
byte notice, report_noted;
byte upload_lease, operator_lease; /* who holds them; 0: nobody */
byte row_lock, outbox_lock;        /* of whose transaction; a dead one's are free */

/* ---- DynamoDB, its stream, SQS, S3, SNS */
byte item[N], delivered[N], queued, errors_sent, reported, published;

/* ---- what went wrong so far */
byte crashes, repeats, expiries, doubts;
bool operator_died;
byte alive = PARSERS + VALIDATORS + PROCESSORS + OPERATORS;

#define FREE(lock) if :: lock == me -> lock = 0 :: else fi
/* A process dies: its transaction is rolled back, its lease stands until it ends, its event comes again. */
#define MAY_DIE(where) \
    if :: atomic { crashes < CRASHES -> crashes++; FREE(row_lock); FREE(outbox_lock) }; goto where :: true fi

inline check_now()
{
    assert(product[0] <= 1 && product[1] <= 1 && product[2] <= 1);               /* nothing doubled */
    assert((outcome[0] == VALID) == (product[0] == 1));                           /* each valid one is a product */
    assert((outcome[1] == VALID) == (product[1] == 1));
    assert((outcome[2] == VALID) == (product[2] == 1));
    assert(outcome[0] != INVALID && outcome[1] != VALID);                         /* nothing falsely refused */
    assert(valid == (outcome[0] == VALID) + (outcome[1] == VALID) + (outcome[2] == VALID));
    assert(invalid == (outcome[0] == INVALID) + (outcome[1] == INVALID) + (outcome[2] == INVALID));
    assert(finished_made <= 1 && (!finished || valid + invalid == N));            /* finished once, and whole */
}

inline settle_row(row)
{
    if
    :: outcome[row] == NONE ->
       if
       :: row == 0 || (row == 1 && outcome[0] != VALID) ->
          outcome[row] = VALID; product[row]++; valid++
       :: else ->
          outcome[row] = INVALID; invalid++; outbox_errors++; errors_made++
       fi
    :: else
    fi
}

inline finish_if_whole()
{
    if
#ifdef FAULT_FINISH_UNGUARDED
    :: valid + invalid == N ->
#else
    :: valid + invalid == N && !finished ->
#endif
       finished = true; outbox_finished++; finished_made++
    :: else
    fi
}

/* ---- csv-parser, for an event of S3 */
proctype parser(byte me)
{
    byte tries, i;
again:
    tries++;
    if
    :: tries > 2 -> goto end
    :: else
    fi;
parser_claim: /* core/pipeline/claim.c */
    if
    :: atomic { upload_lease == 0 -> upload_lease = me }
    :: atomic { upload_lease != 0 && upload_lease != me && expiries < EXPIRIES -> expiries++; upload_lease = me }
    :: atomic { upload_lease == me }
    :: atomic { upload_lease != 0 && upload_lease != me -> tries = 2 }; goto again
    fi;
    claimed = true;
    if
    :: written || finished -> goto drop
    :: else
    fi;
    MAY_DIE(again);
parser_admit: /* claim_admit: only with the lease */
    if
    :: atomic { upload_lease == me -> admitted = true }
    :: upload_lease != me -> goto again
    fi;
    i = 0;
    do
    :: i < N ->
       MAY_DIE(again);
parser_put: /* core/pipeline/ingest.c: in waves, and only what the table lacks */
       atomic {
           if
#ifdef FAULT_UNCONDITIONAL_PUT
           :: true -> item[i] = UNMARKED; delivered[i]++
#else
           :: item[i] == ABSENT -> item[i] = UNMARKED; delivered[i]++
           :: else
#endif
           fi
       };
       i++
    :: i == N -> break
    od;
    MAY_DIE(again);
parser_written: /* claim_written: only with the lease */
    if
    :: atomic { upload_lease == me -> written = true }
    :: upload_lease != me
    fi;
drop:
    atomic { FREE(upload_lease) };
    if
    :: atomic { repeats < REPEATS && tries < 2 -> repeats++ }; goto again
    :: true
    fi;
end:
    alive--
}

inline error_sent() { atomic { if :: errors_sent < errors_made -> errors_sent++ :: else fi } }

inline send_outbox(dies)
{
    /* outbox_take: core/pipeline/outbox.c: FOR UPDATE SKIP LOCKED; somebody else's are left to him */
    if
    :: atomic { outbox_lock == 0 -> outbox_lock = me };
       do
       :: outbox_errors + outbox_finished > 0 ->
#ifdef FAULT_DELETE_BEFORE_SEND
          if
          :: atomic { outbox_finished > 0 -> outbox_finished-- }; MAY_DIE(dies); queued++
          :: atomic { outbox_finished == 0 && outbox_errors > 0 -> outbox_errors-- }; MAY_DIE(dies); error_sent()
          fi
#else
          if
          :: outbox_finished > 0 ->
             if :: queued < 3 -> queued++ :: else fi;
             MAY_DIE(dies); /* sent, and not deleted: it is sent again */
             outbox_finished-- /* outbox_delete */
          :: outbox_finished == 0 && outbox_errors > 0 ->
             error_sent();
             MAY_DIE(dies);
             outbox_errors--
          fi
#endif
       :: outbox_errors + outbox_finished == 0 -> break
       od;
       atomic { FREE(outbox_lock) }
    :: outbox_lock != 0 -> goto dies
    fi
}

inline mark(row, dies)
{
    /* marks_item: core/pipeline/marks.c: the item first, then the ledger knows of it */
    if
    :: !marked[row] ->
       atomic { seen = revised; if :: outcome[row] != NONE -> item[row] = MARKED + outcome[row] :: else fi };
       MAY_DIE(dies);
#ifdef FAULT_MARK_WITHOUT_REVISION
       marked[row] = true
#else
       /* marks_note: only of the revision that was marked */
       atomic { if :: seen == revised -> marked[row] = true :: else fi }
#endif
    :: else
    fi
}

/* ---- product-validator, for a record of the stream */
proctype validator(byte me)
{
    byte tries, i, seen;
again:
    do
    :: tries >= TRIES -> goto end
    :: tries < TRIES ->
       if
       :: delivered[0] > 0 -> i = 0; break
       :: delivered[1] > 0 -> i = 1; break
       :: delivered[2] > 0 -> i = 2; break
       :: delivered[0] + delivered[1] + delivered[2] == 0 && alive > 0 -> goto end
       fi
    od;
    tries++;
#ifdef FAULT_MARK_BEFORE_COMMIT
    item[i] = MARKED + (i == 0 -> VALID : INVALID); marked[i] = true; delivered[i]--;
    MAY_DIE(again);
#endif
validator_open: /* ledger_open: the upload's row is locked to the end of the transaction */
#ifdef FAULT_NO_ROW_LOCK
    seen = outcome[i];
    MAY_DIE(again);
    atomic {
        if
        :: seen == NONE ->
           outcome[i] = NONE;
           settle_row(i); finish_if_whole(); check_now()
        :: else
        fi
    };
#else
    atomic { row_lock == 0 -> row_lock = me };
    MAY_DIE(again);
validator_settle: /* ledger_settle: outcome, product, counts, outbox and the end, or nothing of it */
    atomic {
#ifndef FAULT_NO_ORDER
        if
        :: i == 1 -> settle_row(0) /* an earlier row of the same SKU first */
        :: else
        fi;
#endif
        settle_row(i); finish_if_whole();
        check_now();
        FREE(row_lock)
    };
#endif
    MAY_DIE(again); /* committed, and nobody knows */
    send_outbox(again);
    MAY_DIE(again);
#ifndef FAULT_MARK_BEFORE_COMMIT
    mark(i, again);
    MAY_DIE(again);
    if
    :: atomic { repeats < REPEATS -> repeats++ }
    :: atomic { delivered[i] > 0 -> delivered[i]-- }
    :: delivered[i] == 0
    fi;
#endif
    goto again;
end:
    alive--
}

inline build_report(dies)
{
    /* report_open: core/pipeline/report.c: the upload's row is locked while its report is made */
#ifndef FAULT_REPORT_UNLOCKED
    atomic { row_lock == 0 -> row_lock = me };
#endif
    made = revised + 1;
    MAY_DIE(dies);
    /* report_put */
    reported = made;
    MAY_DIE(dies);
    /* report_close */
    atomic { report_noted = made; FREE(row_lock) };
}

inline send_notice(dies)
{
    /* notice_claim: core/pipeline/notice.c: one row; only a notice that certainly was not sent is claimed again */
#ifdef FAULT_NOTICE_BEFORE_CLAIM
    if
    :: notice == NONE || notice == FAILED ->
       published++; assert(published <= 1);
       MAY_DIE(dies);
       notice = ACCEPTED
    :: else
    fi
#else
    atomic {
        mine = false;
        if
#ifdef FAULT_NO_NOTICE_CLAIM
        :: true -> mine = notice != ACCEPTED; notice = (mine -> UNKNOWN : notice)
#else
#ifdef FAULT_REPEAT_UNKNOWN
        :: notice != ACCEPTED -> notice = UNKNOWN; mine = true
#else
        :: notice == NONE || notice == FAILED -> notice = UNKNOWN; mine = true
#endif
        :: else
#endif
        fi
    };
    if
    :: mine ->
       MAY_DIE(dies);
       /* notice_publish */
       if
       :: atomic { published++; assert(published <= 1); made = ACCEPTED }
       :: atomic { doubts < 1 -> doubts++; published++; assert(published <= 1); made = UNKNOWN } /* the answer is lost */
       :: atomic { doubts < 1 -> doubts++; made = UNKNOWN }
       :: atomic { doubts < 1 -> doubts++; made = FAILED } /* SNS said no */
       fi;
       MAY_DIE(dies);
       /* notice_mark */
       notice = made
    :: else
    fi
#endif
}

/* ---- error-processor, for a message of the queue */
proctype processor(byte me)
{
    byte tries, made;
    bool mine;
again:
    tries++;
    if
    :: tries > 3 -> goto end
    :: tries <= 3 && queued > 0
    :: tries <= 3 && queued == 0 -> goto end
    fi;
processor_finish: /* finish_upload */
    build_report(again);
    MAY_DIE(again);
    send_notice(again);
    MAY_DIE(again);
    if
    :: atomic { repeats < REPEATS -> repeats++ } /* SQS gives it once more */
    :: atomic { queued > 0 -> queued-- }
    :: queued == 0
    fi;
    goto again;
end:
    alive--
}

/* ---- an operator: revalidate */
proctype operator(byte me)
{
    byte made, seen;
#ifdef FAULT_REVALIDATE_UNGUARDED
    bool planned;
#endif
    if
    :: !finished -> goto end
    :: finished
    fi;
revalidate_lock: /* core/pipeline/upload_lock.c: another operator's work is refused */
    if
    :: atomic { operator_lease == 0 -> operator_lease = me }
#ifdef FAULT_REVALIDATE_UNGUARDED
    :: operator_lease != 0
#else
    :: operator_lease != 0 -> goto end
#endif
    fi;
#ifdef FAULT_REVALIDATE_UNGUARDED
    planned = outcome[2] == INVALID;
#endif
    MAY_DIE(died);
revalidate_settle: /* core/pipeline/ledger_revise.c: what is no error any more is left alone */
    atomic { row_lock == 0 -> row_lock = me };
    MAY_DIE(died);
    atomic {
        if
#ifdef FAULT_REVALIDATE_UNGUARDED
        :: planned ->
#else
        :: outcome[2] == INVALID ->
#endif
           outcome[2] = VALID; product[2]++; valid++; invalid--; revised++; marked[2] = false
        :: else
        fi;
        check_now();
        FREE(row_lock)
    };
    MAY_DIE(died);
    mark(2, died);
    MAY_DIE(died);
    build_report(died);
    atomic { FREE(operator_lease) };
    goto end;
died:
    operator_died = true;
end:
    alive--
}

/* ---- when all is still: what came again, and the sweep, without a fault; then everything holds */
active proctype rest()
{
    byte me = 200, made, seen, i;
    bool mine;
quiet:
    alive == 0;
    atomic {
        upload_lease = 0; operator_lease = 0; crashes = CRASHES; doubts = 9;
        /* the parser's event comes again, or is replayed */
        i = 0;
        do
        :: i < N ->
           if :: item[i] == ABSENT -> item[i] = UNMARKED; delivered[i]++ :: else fi;
           i++
        :: i == N -> break
        od;
        written = true;
        /* the stream keeps what nobody finished */
        i = 0;
        do
        :: i < N ->
           if
           :: delivered[i] > 0 ->
              if :: i == 1 -> settle_row(0) :: else fi;
              settle_row(i); finish_if_whole()
           :: else
           fi;
           i++
        :: i == N -> break
        od
    };
#ifndef FAULT_NO_SWEEP
    /* sweep: core/pipeline/sweep.c: messages, notices and reports, marks */
    errors_sent = errors_sent + outbox_errors; outbox_errors = 0; outbox_finished = 0;
    if
    :: finished && (notice == NONE || notice == FAILED || report_noted == 0) ->
       build_report(quiet);
       if
       :: notice == NONE || notice == FAILED -> notice = ACCEPTED; published++
       :: else
       fi
    :: else
    fi;
    i = 0;
    do
    :: i < N -> mark(i, quiet); i++
    :: i == N -> break
    od;
#endif
    if
    :: operator_died -> build_report(quiet) /* the same command goes on */
    :: else
    fi;
    check_now();
    assert(outcome[0] == VALID && outcome[1] == INVALID && outcome[2] != NONE); /* nothing lost */
    assert(errors_sent >= errors_made);             /* each error's message was sent, perhaps twice */
    assert(finished && outbox_errors == 0 && outbox_finished == 0);
    assert(item[0] == MARKED + outcome[0] && item[1] == MARKED + outcome[1] && item[2] == MARKED + outcome[2]);
    assert(published <= 1);                       /* a notice is sent at most once, */
    assert(notice == ACCEPTED || notice == UNKNOWN); /* and where that is not known it says so */
    assert(notice != ACCEPTED || published == 1);
    assert(reported == revised + 1 && report_noted == reported) /* the report is of the newest state */
}

init
{
    byte i;
    atomic {
#ifdef WRITTEN /* the parser is done: what follows is looked at alone */
        claimed = true; admitted = true; written = true;
        item[0] = UNMARKED; item[1] = UNMARKED; item[2] = UNMARKED;
        delivered[0] = 1; delivered[1] = 1; delivered[2] = 1;
#endif
#ifdef SETTLED /* every record has its outcome, and the message is in the queue: what follows is looked at alone */
        claimed = true; admitted = true; written = true; finished = true; finished_made = 1; queued = 1;
        outcome[0] = VALID; product[0] = 1; outcome[1] = INVALID; outcome[2] = INVALID; valid = 1; invalid = 2;
        item[0] = UNMARKED; item[1] = UNMARKED; item[2] = UNMARKED; delivered[2] = 1;
#endif
        i = 1;
        do
        :: i <= PARSERS -> run parser(i); i++
        :: else -> break
        od;
        i = 1;
        do
        :: i <= VALIDATORS -> run validator(20 + i); i++
        :: else -> break
        od;
        i = 1;
        do
        :: i <= PROCESSORS -> run processor(40 + i); i++
        :: else -> break
        od;
        i = 1;
        do
        :: i <= OPERATORS -> run operator(60 + i); i++
        :: else -> break
        od
    }
}
