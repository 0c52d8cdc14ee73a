//! The table of kinds: what each alert is, apart from when it opens and closes. One row a kind.

use crate::model::Kind;
use crate::model::alert::{Certainty, Guardrail};

/// What holds for every alert of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Which kind.
    pub kind: Kind,
    /// The mechanism of the domain it stands for.
    pub mechanism: &'static str,
    /// Whether the score's band and the customer's value can raise its severity.
    pub band_lifts: bool,
    /// How sure it is.
    pub certainty: Certainty,
    /// Whether a wish to leave keeps it quiet.
    pub quiet_when_leaving: bool,
    /// Code of the action.
    pub action: &'static str,
    /// Steps of the action, in order.
    pub steps: &'static [&'static str],
    /// What must not be done.
    pub do_not: &'static [&'static str],
    /// Limits for other systems while it is live.
    pub guardrails: &'static [Guardrail],
}

const GRIEVANCE: &[Guardrail] = &[Guardrail::NoUpsell, Guardrail::NoReferralAsk];

/// Every kind, in the order of `Kind`.
pub const DEFINITIONS: &[Definition] = &[
    Definition {
        kind: Kind::GrievanceAccumulation,
        mechanism: "M01",
        band_lifts: true,
        certainty: Certainty::Observed,
        quiet_when_leaving: true,
        action: "clear_the_list",
        steps: &["name_one_owner", "call_customer", "solve_every_item"],
        do_not: &["upsell", "ask_referral", "send_survey"],
        guardrails: GRIEVANCE,
    },
    Definition {
        kind: Kind::ComplaintStalled,
        mechanism: "M02",
        band_lifts: true,
        certainty: Certainty::Observed,
        quiet_when_leaving: true,
        action: "answer_with_date",
        steps: &["answer_customer", "give_date"],
        do_not: &["upsell", "ask_to_repeat_story"],
        guardrails: GRIEVANCE,
    },
    Definition {
        kind: Kind::SecondChance,
        mechanism: "M09",
        band_lifts: true,
        certainty: Certainty::Observed,
        quiet_when_leaving: true,
        action: "answer_same_day",
        steps: &["call_customer", "listen", "say_what_happens_next"],
        do_not: &["upsell", "template_reply"],
        guardrails: GRIEVANCE,
    },
    Definition {
        kind: Kind::DoubleDeviation,
        mechanism: "M12",
        band_lifts: false,
        certainty: Certainty::Observed,
        quiet_when_leaving: true,
        action: "senior_owner_call",
        steps: &["name_senior_owner", "call_customer", "offer_other_remedy"],
        do_not: &["same_apology", "same_remedy", "upsell"],
        guardrails: GRIEVANCE,
    },
    Definition {
        kind: Kind::SilentDeparture,
        mechanism: "M03",
        band_lifts: true,
        certainty: Certainty::Likely,
        quiet_when_leaving: true,
        action: "human_checkin",
        steps: &["write_personally", "ask_how_it_goes"],
        do_not: &["open_with_offer", "automated_winback"],
        guardrails: &[],
    },
    Definition {
        kind: Kind::PromiseDueSoon,
        mechanism: "M14",
        band_lifts: false,
        certainty: Certainty::Observed,
        quiet_when_leaving: false,
        action: "keep_or_renegotiate",
        steps: &["keep_promise", "or_agree_new_date"],
        do_not: &["promise_more"],
        guardrails: &[],
    },
    Definition {
        kind: Kind::PromiseBroken,
        mechanism: "M14",
        band_lifts: true,
        certainty: Certainty::Observed,
        quiet_when_leaving: false,
        action: "keep_today_or_new_date",
        steps: &["call_customer", "keep_today", "or_agree_new_date"],
        do_not: &["upsell", "new_vague_promise"],
        guardrails: GRIEVANCE,
    },
    Definition {
        kind: Kind::ContactAbandoned,
        mechanism: "M30",
        band_lifts: true,
        certainty: Certainty::Observed,
        quiet_when_leaving: true,
        action: "call_back",
        steps: &["call_customer", "solve_on_the_call"],
        do_not: &["put_in_queue"],
        guardrails: &[],
    },
    Definition {
        kind: Kind::CancellationIntent,
        mechanism: "M41",
        band_lifts: false,
        certainty: Certainty::Observed,
        quiet_when_leaving: false,
        action: "exit_interview",
        steps: &["call_customer", "ask_why", "make_leaving_easy"],
        do_not: &["trap", "hide_cancel", "long_menu"],
        guardrails: &[],
    },
];

/// The row of `kind`.
pub fn definition(kind: Kind) -> &'static Definition {
    &DEFINITIONS[kind as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_row_in_the_order_of_the_kinds() {
        let rows: Vec<_> = DEFINITIONS.iter().map(|d| d.kind).collect();
        assert_eq!(rows, Kind::ALL);
    }
}
