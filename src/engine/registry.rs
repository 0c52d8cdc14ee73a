//! The table of kinds: what each alert is, apart from when it opens and closes. One row a kind.

use crate::model::Kind;
use crate::model::alert::{Certainty, FactWord, Guardrail, Severity};
use crate::model::event::Dimension;

/// What holds for every alert of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Which kind.
    pub kind: Kind,
    /// The mechanism of the domain it stands for.
    pub mechanism: &'static str,
    /// The lowest severity with which it opens.
    pub floor: Severity,
    /// What makes that higher, in plain words that name settings; may be empty.
    pub raised: &'static str,
    /// Whether the score's band and the customer's value can raise its severity.
    pub band_lifts: bool,
    /// How sure it is.
    pub certainty: Certainty,
    /// What keeps it quiet.
    pub quieted_by: &'static [Quieter],
    /// What to do about it.
    pub play: Play,
    /// What to do instead where the alert's word is this.
    pub plays: &'static [(FactWord, Play)],
    /// Limits for other systems as long as it is live.
    pub guardrails: &'static [Guardrail],
    /// Whether customers of the control group get none of it.
    pub held_out: bool,
    /// Sections and keys of the configuration that it goes by.
    pub settings: &'static [&'static str],
}

/// What an alert asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Play {
    /// Code of the action.
    pub action: &'static str,
    /// Steps of the action, in order.
    pub steps: &'static [&'static str],
    /// What must not be done.
    pub do_not: &'static [&'static str],
}

/// What keeps an alert of a kind quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quieter {
    /// A live wish to leave.
    Leaving,
    /// A live alert of that kind about the same object.
    Same(Kind),
    /// A live alert of that kind.
    Live(Kind),
    /// Any live alert of another kind at that severity or above.
    Worse(Severity),
    /// A live alert of a kind that follows the score, at its own severity or above.
    Lifted,
    /// A live alert about many customers with the same cause: incident, or site and time.
    Cohort,
}

impl Definition {
    /// What to do about an alert with this word.
    pub fn play_for(&self, word: Option<FactWord>) -> Play {
        let own = self.plays.iter().find(|(given, _)| Some(*given) == word);
        own.map_or(self.play, |(_, play)| *play)
    }

    /// Whether it is about many customers at once.
    pub fn is_cohort(&self) -> bool {
        matches!(self.kind, Kind::PromiseReliability | Kind::IncidentUndisclosed | Kind::Hotspot)
    }
}

const fn play(action: &'static str, steps: &'static [&'static str], do_not: &'static [&'static str]) -> Play {
    Play { action, steps, do_not }
}

/// A row with what most rows have: observed, quiet while the customer is leaving, not lifted by the score.
const fn row(kind: Kind, mechanism: &'static str, floor: Severity, play: Play) -> Definition {
    Definition {
        kind,
        mechanism,
        floor,
        raised: "",
        band_lifts: false,
        certainty: Certainty::Observed,
        quieted_by: LEAVING,
        play,
        plays: &[],
        guardrails: &[],
        held_out: false,
        settings: &[],
    }
}

const LEAVING: &[Quieter] = &[Quieter::Leaving];
const LEAVING_OR_COHORT: &[Quieter] = &[Quieter::Leaving, Quieter::Cohort];
const GRIEVANCE: &[Guardrail] = &[Guardrail::NoUpsell, Guardrail::NoReferralAsk];

/// Every kind, in the order of `Kind`.
pub const DEFINITIONS: &[Definition] = &[
    Definition {
        raised: "error with `grievances.error_categories` categories or a weight of `grievances.error_weight`",
        band_lifts: true,
        quieted_by: LEAVING_OR_COHORT,
        guardrails: GRIEVANCE,
        settings: &["grievances"],
        ..row(
            Kind::GrievanceAccumulation,
            "M01",
            Severity::Warning,
            play(
                "clear_the_list",
                &["name_one_owner", "call_customer", "solve_every_item"],
                &["upsell", "ask_referral", "send_survey"],
            ),
        )
    },
    Definition {
        raised: "error once the limit for the solution has passed",
        band_lifts: true,
        quieted_by: LEAVING_OR_COHORT,
        guardrails: GRIEVANCE,
        settings: &["complaints"],
        ..row(
            Kind::ComplaintStalled,
            "M02",
            Severity::Warning,
            play("answer_with_date", &["answer_customer", "give_date"], &["upsell", "ask_to_repeat_story"]),
        )
    },
    Definition {
        settings: &["admission"],
        ..row(
            Kind::NoAdmission,
            "M13",
            Severity::Info,
            play("apologise_plainly", &["say_sorry", "name_the_error"], &["blame_customer"]),
        )
    },
    Definition {
        raised: "error for customers of `second_chance.error_tenure` or more, or in the top decile by value",
        band_lifts: true,
        quieted_by: &[Quieter::Leaving, Quieter::Same(Kind::DoubleDeviation), Quieter::Cohort],
        guardrails: GRIEVANCE,
        settings: &["second_chance"],
        ..row(
            Kind::SecondChance,
            "M09",
            Severity::Warning,
            play(
                "answer_same_day",
                &["call_customer", "listen", "say_what_happens_next"],
                &["upsell", "template_reply"],
            ),
        )
    },
    Definition {
        quieted_by: &[Quieter::Leaving, Quieter::Live(Kind::DoubleDeviation)],
        settings: &["recovery"],
        ..row(
            Kind::RecoveryWindow,
            "M11",
            Severity::Info,
            play("thank_once", &["thank_customer", "small_gesture_once"], &["discount", "repeat_gesture"]),
        )
    },
    Definition {
        guardrails: GRIEVANCE,
        settings: &["probation"],
        ..row(
            Kind::DoubleDeviation,
            "M12",
            Severity::Critical,
            play(
                "senior_owner_call",
                &["name_senior_owner", "call_customer", "offer_other_remedy"],
                &["same_apology", "same_remedy", "upsell"],
            ),
        )
    },
    Definition {
        band_lifts: true,
        certainty: Certainty::Likely,
        held_out: true,
        settings: &["silence"],
        ..row(
            Kind::SilentDeparture,
            "M03",
            Severity::Warning,
            play("human_checkin", &["write_personally", "ask_how_it_goes"], &["open_with_offer", "automated_winback"]),
        )
    },
    Definition {
        band_lifts: true,
        certainty: Certainty::Likely,
        held_out: true,
        settings: &["blind_spot"],
        ..row(
            Kind::BlindSpot,
            "M04",
            Severity::Warning,
            play("show_owner_evidence", &["show_evidence", "requalify_account"], &["celebrate", "ask_referral"]),
        )
    },
    Definition {
        raised: "error with an open item; critical if moving to another provider was requested",
        band_lifts: true,
        certainty: Certainty::Likely,
        settings: &[
            "competitor.half_life",
            "competitor.pull",
            "competitor.signal_age",
            "competitor.pull_over",
            "competitor.hold",
            "competitor.expires_after",
        ],
        ..row(
            Kind::CompetitorPull,
            "M05",
            Severity::Warning,
            play("fix_grievance_then_price", &["solve_open_items", "then_talk_about_price"], &["match_price_first"]),
        )
    },
    Definition {
        raised: "error from `competitor.gap_error`",
        band_lifts: true,
        settings: &[
            "competitor.gap_warning",
            "competitor.gap_error",
            "competitor.offer_valid",
            "competitor.gap_expires_after",
        ],
        ..row(
            Kind::ValueGap,
            "M29",
            Severity::Warning,
            play("review_price", &["compare_offers", "offer_fair_price"], &["emotional_pitch"]),
        )
    },
    Definition {
        raised: "error from `loyalty.gap_error`",
        band_lifts: true,
        settings: &["loyalty"],
        ..row(
            Kind::LoyaltyPenalty,
            "M20",
            Severity::Warning,
            play("match_before_asked", &["lower_price", "tell_customer"], &["advertise_new_customer_offer"]),
        )
    },
    Definition {
        certainty: Certainty::Likely,
        held_out: true,
        settings: &["needs"],
        ..row(
            Kind::NeedsDrift,
            "M06",
            Severity::Info,
            play("needs_review", &["ask_what_they_need", "show_what_fits"], &["pitch_same_product"]),
        )
    },
    Definition {
        certainty: Certainty::Likely,
        held_out: true,
        settings: &["cooling"],
        ..row(
            Kind::RelationshipCooling,
            "M07",
            Severity::Info,
            play("personal_contact", &["contact_personally", "bring_something_relevant"], &["mass_mailing"]),
        )
    },
    Definition {
        held_out: true,
        settings: &["neglect"],
        ..row(
            Kind::Neglect,
            "M08",
            Severity::Info,
            play("thank_you_contact", &["thank_customer", "ask_how_it_goes"], &["sell"]),
        )
    },
    Definition {
        held_out: true,
        settings: &["anniversary"],
        ..row(
            Kind::AnniversaryDue,
            "M21",
            Severity::Info,
            play("card_and_modest_reward", &["write_card", "modest_reward"], &["card_before_open_grievance_is_closed"]),
        )
    },
    Definition {
        held_out: true,
        settings: &["anniversary"],
        ..row(
            Kind::AnniversaryMissed,
            "M21",
            Severity::Info,
            play("belated_personal_note", &["write_personally", "thank_customer"], &["backdate"]),
        )
    },
    Definition {
        held_out: true,
        settings: &["deals"],
        ..row(
            Kind::DealProne,
            "M22",
            Severity::Info,
            play("relational_touch", &["stop_discounting", "contact_personally"], &["discount"]),
        )
    },
    Definition {
        quieted_by: &[],
        settings: &["marketing"],
        ..row(
            Kind::MarketingFatigue,
            "M23",
            Severity::Info,
            play("pause_and_cut_cadence", &["pause_marketing", "send_less"], &["marketing"]),
        )
    },
    Definition {
        quieted_by: &[],
        settings: &["promises"],
        ..row(
            Kind::PromiseDueSoon,
            "M14",
            Severity::Info,
            play("keep_or_renegotiate", &["keep_promise", "or_agree_new_date"], &["promise_more"]),
        )
    },
    Definition {
        band_lifts: true,
        quieted_by: &[],
        guardrails: GRIEVANCE,
        settings: &["promises"],
        ..row(
            Kind::PromiseBroken,
            "M14",
            Severity::Error,
            play(
                "keep_today_or_new_date",
                &["call_customer", "keep_today", "or_agree_new_date"],
                &["upsell", "new_vague_promise"],
            ),
        )
    },
    Definition {
        raised: "error below a kept share of `reliability.error_share`",
        quieted_by: &[],
        settings: &["reliability"],
        ..row(
            Kind::PromiseReliability,
            "M15",
            Severity::Warning,
            play("coach_and_cap_promises", &["coach_team", "cap_promises"], &["name_and_shame"]),
        )
    },
    Definition {
        raised: "critical from `incidents.critical_members` customers",
        quieted_by: &[],
        settings: &["incidents"],
        ..row(
            Kind::IncidentUndisclosed,
            "M16",
            Severity::Error,
            play("tell_them_first", &["tell_affected", "give_cause_and_date"], &["wait_for_full_cause"]),
        )
    },
    Definition {
        band_lifts: true,
        guardrails: GRIEVANCE,
        plays: &[(
            FactWord::WithinGoodwill,
            play("goodwill_credit", &["issue_credit", "say_it_is_settled"], &["argue", "quote_terms"]),
        )],
        settings: &["disputes"],
        ..row(
            Kind::DisputeContradicted,
            "M17",
            Severity::Warning,
            play("explain_decision", &["explain_plainly", "show_reasons"], &["argue", "quote_terms"]),
        )
    },
    Definition {
        band_lifts: true,
        certainty: Certainty::Likely,
        held_out: true,
        settings: &["trust"],
        ..row(
            Kind::TrustLow,
            "M18",
            Severity::Warning,
            play("follow_through_evidence", &["show_what_was_done", "keep_next_promise"], &["new_promises"]),
        )
    },
    Definition {
        raised: "error from a reach of `reviews.error_reach`",
        band_lifts: true,
        settings: &["reviews"],
        ..row(
            Kind::PublicDetraction,
            "M19",
            Severity::Warning,
            play(
                "reply_publicly_fix_privately",
                &["reply_publicly", "contact_personally", "solve_it"],
                &["delete_review", "argue"],
            ),
        )
    },
    Definition {
        raised: "error if they are dunned or cut off after it",
        quieted_by: &[],
        settings: &["hardship"],
        ..row(
            Kind::PaymentHardship,
            "M24",
            Severity::Warning,
            play("may_we_help", &["ask_how_we_can_help", "offer_plan"], &["dun", "suspend", "late_fee", "lower_score"]),
        )
    },
    Definition {
        settings: &["hardship.silent_after"],
        ..row(
            Kind::HardshipSilent,
            "M25",
            Severity::Warning,
            play("graceful_way_in", &["send_plan_link", "promise_no_questions"], &["call_repeatedly", "dun"]),
        )
    },
    Definition {
        raised: "warning at the second instalment missed",
        quieted_by: &[],
        settings: &["plans"],
        ..row(
            Kind::PlanAtRisk,
            "M26",
            Severity::Info,
            play("soften_and_replan", &["ask_what_is_possible", "agree_new_plan"], &["cancel_plan", "dun"]),
        )
    },
    Definition {
        certainty: Certainty::Likely,
        quieted_by: &[Quieter::Leaving, Quieter::Worse(Severity::Warning)],
        held_out: true,
        settings: &["referrals"],
        ..row(
            Kind::ReferralOpportunity,
            "M27",
            Severity::Info,
            play("ask_once", &["ask_for_reference"], &["incentivise", "ask_twice"]),
        )
    },
    Definition {
        band_lifts: true,
        certainty: Certainty::Likely,
        held_out: true,
        settings: &["advocates"],
        ..row(
            Kind::AdvocateAtRisk,
            "M28",
            Severity::Warning,
            play("senior_contact", &["name_senior_owner", "call_customer"], &["ask_referral"]),
        )
    },
    Definition {
        raised: "error at `abandonment.error_count` within the window",
        band_lifts: true,
        quieted_by: LEAVING_OR_COHORT,
        settings: &["abandonment"],
        ..row(
            Kind::ContactAbandoned,
            "M30",
            Severity::Warning,
            play("call_back", &["call_customer", "solve_on_the_call"], &["put_in_queue"]),
        )
    },
    Definition {
        quieted_by: &[],
        settings: &["hotspot"],
        ..row(
            Kind::Hotspot,
            "M32",
            Severity::Error,
            play("staff_up_and_apologise", &["add_staff", "apologise_to_all"], &["blame_staff"]),
        )
    },
    Definition {
        band_lifts: true,
        guardrails: GRIEVANCE,
        settings: &["mismatch"],
        ..row(
            Kind::ContractMismatch,
            "M33",
            Severity::Error,
            play("correct_and_backcredit", &["correct_it", "credit_unasked", "tell_customer"], &["ask_for_proof"]),
        )
    },
    Definition {
        band_lifts: true,
        settings: &["forced_contact"],
        ..row(
            Kind::ForcedContact,
            "M34",
            Severity::Error,
            play("restore_first", &["restore_service", "then_talk"], &["collect_first", "long_menu"]),
        )
    },
    Definition {
        band_lifts: true,
        guardrails: GRIEVANCE,
        plays: &[(FactWord::ByAgent, play("coach", &["coach_agent", "listen_to_recordings"], &["same_agent"]))],
        settings: &["conduct"],
        ..row(
            Kind::Conduct,
            "M35",
            Severity::Warning,
            play("named_apology", &["apologise_by_name", "offer_other_contact"], &["same_agent"]),
        )
    },
    Definition {
        band_lifts: true,
        certainty: Certainty::Likely,
        quieted_by: LEAVING_OR_COHORT,
        held_out: true,
        settings: &["quality"],
        ..row(
            Kind::ServiceQualityDrop,
            "M36",
            Severity::Warning,
            play("explain_and_invite_back", &["explain_what_happened", "invite_back"], &["send_survey"]),
        )
    },
    Definition {
        quieted_by: &[],
        settings: &["cancellation"],
        ..row(
            Kind::CancellationIntent,
            "M41",
            Severity::Critical,
            play(
                "exit_interview",
                &["call_customer", "ask_why", "make_leaving_easy"],
                &["trap", "hide_cancel", "long_menu"],
            ),
        )
    },
    Definition {
        quieted_by: LEAVING_OR_COHORT,
        settings: &["complaints.due_soon_share"],
        ..row(
            Kind::ComplaintDueSoon,
            "M45",
            Severity::Info,
            play("solve_before_it_is_late", &["solve_it", "or_give_date"], &["ask_to_repeat_story"]),
        )
    },
    Definition {
        settings: &["onboarding"],
        ..row(
            Kind::OnboardingStalled,
            "M42",
            Severity::Info,
            play("first_value_help", &["offer_help", "show_first_step"], &["upsell", "survey"]),
        )
    },
    Definition {
        band_lifts: true,
        settings: &["changes"],
        ..row(
            Kind::ChangeUnannounced,
            "M43",
            Severity::Warning,
            play("explain_now_and_hold", &["explain_change", "hold_if_possible"], &["bury_in_terms"]),
        )
    },
    Definition {
        quieted_by: &[],
        settings: &["dunning"],
        ..row(
            Kind::DunningPressure,
            "M44",
            Severity::Warning,
            play("one_dignified_reminder", &["stop_pressing", "send_one_reminder"], &["threaten", "call_daily"]),
        )
    },
    Definition {
        raised: "as the band it entered: error, critical",
        certainty: Certainty::Possible,
        quieted_by: &[Quieter::Leaving, Quieter::Lifted],
        held_out: true,
        settings: &["churn_risk"],
        ..row(
            Kind::ChurnRisk,
            "M40",
            Severity::Error,
            play("review_the_account", &["read_the_history", "contact_personally"], &["mass_offer"]),
        )
    },
];

/// What else to do where an alert speaks of one dimension of service.
pub fn step_for(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Reliability => "say_what_was_fixed",
        Dimension::Responsiveness => "give_direct_line",
        Dimension::Assurance => "bring_in_expert",
        Dimension::Empathy => "ask_what_matters",
        Dimension::Courtesy => "apologise_by_name",
        Dimension::Tangibles => "show_what_is_new",
    }
}

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

    #[test]
    fn the_word_of_an_alert_may_ask_for_another_action() {
        let dispute = definition(Kind::DisputeContradicted);
        assert_eq!(dispute.play_for(None).action, "explain_decision");
        assert_eq!(dispute.play_for(Some(FactWord::WithinGoodwill)).action, "goodwill_credit");
    }
}
