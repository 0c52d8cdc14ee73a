//! Random but plausible histories of a few customers, and what runs them through an engine.
//!
//! A step prints as a line of a transcript, so that a shrunk failure reads like one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use churnwatch::engine::{Clock, Customer, Effect, Engine, Outcome, Rules, Step as Progress};
use churnwatch::model::alert::Alert;
use churnwatch::model::event::{
    AccountData, AlertData, BillingData, CareData, Category, CompetitorData, ComplaintData, ComplaintSeverity,
    ContactData, Data, Dimension, Direction, Family, FeatureRequestData, FeedbackData, Instalment, Metric, OrderData,
    Outcome as Decision, OutcomeData, Products, ProfileData, PromiseData, Renewal, Scalar, ServiceData, Text,
    UsageData,
};
use churnwatch::model::{CustomerKey, Event, EventType, Span, Time};
use proptest::prelude::*;

/// Monday, 2026-03-02, 09:00 UTC.
pub const START: Time = Time(1_772_442_000_000);

/// What happens: a type and its fields, given the number of the object it is about.
pub struct Act {
    pub event_type: EventType,
    /// What sets it apart from other acts of the type, for messages.
    note: &'static str,
    data: fn(&str) -> Data<'static>,
}

fn text(prefix: &str, object: &str) -> Option<Text<'static>> {
    Some(Cow::Owned(format!("{prefix}{object}")))
}

fn word(text: &'static str) -> Option<Text<'static>> {
    Some(Cow::Borrowed(text))
}

macro_rules! acts {
    ($($event_type:ident $note:literal $family:ident($data:ident) |$o:ident| { $($field:ident: $value:expr),* };)*) => {
        &[$(Act {
            event_type: EventType::$event_type,
            note: $note,
            data: |$o| {
                let _ = $o;
                #[allow(clippy::needless_update)]
                Data::$family($data { $($field: $value,)* ..$data::default() })
            },
        }),*]
    };
}

/// Everything that happens in these histories, plain things first: a failure shrinks toward them.
pub const ACTS: &[Act] = acts! {
    UsageActivity "" Usage(UsageData) |o| {};
    PurchaseCompleted "" Purchase(OrderData) |o| { order_id: text("o", o), amount: Some(20.0) };
    ComplaintOpened "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintOpened "minor" Complaint(ComplaintData) |o| {
        complaint_id: text("k", o), severity: Some(ComplaintSeverity::Minor), category: Some(Category::Price)
    };
    ComplaintOpened "major" Complaint(ComplaintData) |o| {
        complaint_id: text("k", o), severity: Some(ComplaintSeverity::Major), category: Some(Category::CoreFailure),
        text: word("it broke\nagain"), sentiment: Some(-0.8), incident_id: text("i", o)
    };
    ComplaintOpened "rude" Complaint(ComplaintData) |o| {
        complaint_id: text("k", o), category: Some(Category::EncounterFailure)
    };
    ComplaintAcknowledged "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintAssessed "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintInvestigating "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintResponded "" Complaint(ComplaintData) |o| { complaint_id: text("k", o), admission: Some(true) };
    ComplaintResponded "admits nothing" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintResolved "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintResolved "again" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintConfirmed "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintClosed "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintReopened "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintReopened "thanks" Complaint(ComplaintData) |o| { complaint_id: text("k", o), sentiment: Some(0.9) };
    ComplaintWithdrawn "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ComplaintEscalated "" Complaint(ComplaintData) |o| { complaint_id: text("k", o) };
    ContactStarted "" Contact(ContactData) |o| { contact_id: text("c", o) };
    ContactMessage "inbound" Contact(ContactData) |o| { contact_id: text("c", o), sentiment: Some(0.6) };
    ContactMessage "outbound" Contact(ContactData) |o| {
        complaint_id: text("k", o), direction: Some(Direction::Outbound)
    };
    ContactMessage "auto" Contact(ContactData) |o| {
        complaint_id: text("k", o), direction: Some(Direction::Outbound), auto: Some(true)
    };
    ContactAnswered "" Contact(ContactData) |o| { complaint_id: text("k", o) };
    ContactTransferred "" Contact(ContactData) |o| { contact_id: text("c", o) };
    ContactAbandoned "" Contact(ContactData) |o| { contact_id: text("c", o), wait_s: Some(300.0) };
    ContactAbandoned "walkout" Contact(ContactData) |o| {
        abandon: word("walkout"), site: text("site", o), incident_id: text("i", o)
    };
    ContactEnded "solved" Contact(ContactData) |o| { contact_id: text("c", o), resolved: Some(true) };
    ContactEnded "unsolved" Contact(ContactData) |o| { contact_id: text("c", o), resolved: Some(false) };
    ContactQualityScored "rude" Contact(ContactData) |o| {
        contact_id: text("c", o), dimension: Some(Dimension::Courtesy), score: Some(1.0), agent_id: text("agent", o)
    };
    ContactQualityScored "not kind" Contact(ContactData) |o| { dimension: Some(Dimension::Courtesy), score: Some(2.0) };
    ContactQualityScored "as ever" Contact(ContactData) |o| { dimension: Some(Dimension::Courtesy), score: Some(5.0) };
    ContactQualityScored "well" Contact(ContactData) |o| { score: Some(9.0), scale_max: Some(10.0) };
    SurveySent "" Feedback(FeedbackData) |o| { survey_id: text("s", o) };
    SurveyAnswered "detractor" Feedback(FeedbackData) |o| {
        survey_id: text("s", o), metric: Some(Metric::Nps), value: Some(3.0), comment: word("no lo sé 😀")
    };
    SurveyAnswered "promoter" Feedback(FeedbackData) |o| {
        survey_id: text("s", o), metric: Some(Metric::Csat), value: Some(5.0)
    };
    ReviewPosted "five stars" Feedback(FeedbackData) |o| { review_id: text("r", o), rating: Some(5.0) };
    ReviewPosted "" Feedback(FeedbackData) |o| { review_id: text("r", o), rating: Some(1.0) };
    ReviewPosted "good" Feedback(FeedbackData) |o| { review_id: text("r", o), rating: Some(5.0) };
    ReviewPosted "nameless, good" Feedback(FeedbackData) |o| { rating: Some(5.0) };
    ReviewPosted "unrated" Feedback(FeedbackData) |o| { review_id: text("r", o), reach: Some(20_000.0) };
    ReviewReplied "" Feedback(FeedbackData) |o| { review_id: text("r", o) };
    SentimentScored "of a review" Feedback(FeedbackData) |o| { review_id: text("r", o), sentiment: Some(-0.9) };
    SentimentScored "" Feedback(FeedbackData) |o| { sentiment: Some(-0.9) };
    FeatureRequestDeclined "" FeatureRequest(FeatureRequestData) |o| { request_id: text("f", o) };
    PromiseMade "" Promise(PromiseData) |o| { promise_id: text("p", o), by: text("team", o) };
    PromiseMade "due on d2" Promise(PromiseData) |o| { promise_id: text("p", o), due: Some(START + Span::days(1)) };
    PromiseMade "due on d15" Promise(PromiseData) |o| {
        promise_id: text("p", o), due: Some(START + Span::days(14)), grace_s: Some(7_200.0), text: word("te llamo")
    };
    PromiseRenegotiated "to d30" Promise(PromiseData) |o| {
        promise_id: text("p", o), due: Some(START + Span::days(29))
    };
    PromiseKept "" Promise(PromiseData) |o| { promise_id: text("p", o) };
    PromiseBroken "" Promise(PromiseData) |o| { promise_id: text("p", o) };
    PromiseCancelled "" Promise(PromiseData) |o| { promise_id: text("p", o) };
    DeliveryLate "" Delivery(OrderData) |o| { order_id: text("o", o) };
    DeliveryFailed "" Delivery(OrderData) |o| { order_id: text("o", o) };
    DeliveryMismatched "" Delivery(OrderData) |o| {
        order_id: text("o", o), expected: Some(Scalar::Number(2.0)), actual: Some(Scalar::Number(1.0))
    };
    DeliveryCompleted "" Delivery(OrderData) |o| { order_id: text("o", o) };
    CreditIssued "" Billing(BillingData) |o| { order_id: text("o", o), amount: Some(5.0) };
    DisputeDecided "denied" Billing(BillingData) |o| { dispute_id: text("d", o), outcome: Some(Decision::Denied) };
    BillingDiscrepancy "" Billing(BillingData) |o| { order_id: text("o", o) };
    DisputeDecided "upheld" Billing(BillingData) |o| { dispute_id: text("d", o), outcome: Some(Decision::Upheld) };
    DisputeOpened "" Billing(BillingData) |o| {
        dispute_id: text("d", o), invoice_id: text("v", o), amount: Some(10.0)
    };
    CreditIssued "of an invoice" Billing(BillingData) |o| { invoice_id: text("v", o), amount: Some(40.0) };
    InvoiceIssued "due on d21" Billing(BillingData) |o| {
        invoice_id: text("v", o), due: Some(START + Span::days(20)), amount: Some(40.0)
    };
    InvoiceIssued "due on d41" Billing(BillingData) |o| {
        invoice_id: text("w", o), due: Some(START + Span::days(40))
    };
    InvoicePaid "due on d11" Billing(BillingData) |o| { invoice_id: text("u", o), due: Some(START + Span::days(10)) };
    InvoicePaid "" Billing(BillingData) |o| { invoice_id: text("v", o) };
    PaymentFailed "" Billing(BillingData) |o| { invoice_id: text("v", o) };
    InvoiceOverdue "" Billing(BillingData) |o| { invoice_id: text("v", o) };
    DunningSent "" Billing(BillingData) |o| { invoice_id: text("v", o) };
    HardshipDeclared "" Billing(BillingData) |o| {};
    PlanAgreed "" Billing(BillingData) |o| { plan_id: text("q", o) };
    PlanAgreed "due on d8 and d31" Billing(BillingData) |o| {
        plan_id: text("q", o),
        instalments: Some(vec![
            Instalment { instalment_id: word("a"), due: Some(START + Span::days(7)), amount: Some(1.0) },
            Instalment { instalment_id: word("b"), due: Some(START + Span::days(30)), amount: None },
        ])
    };
    InstalmentKept "a" Billing(BillingData) |o| { plan_id: text("q", o), instalment_id: word("a") };
    InstalmentKept "" Billing(BillingData) |o| { plan_id: text("q", o) };
    InstalmentMissed "" Billing(BillingData) |o| { plan_id: text("q", o) };
    BillingDiscrepancy "" Billing(BillingData) |o| { invoice_id: text("v", o) };
    ServiceSuspended "" Service(ServiceData) |o| {};
    AccountCreated "" Account(AccountData) |o| {};
    AccountRenewed "" Account(AccountData) |o| {};
    AccountCreated "at a high price" Account(AccountData) |o| { price: Some(130.0), new_customer_price: Some(100.0) };
    AccountPriceChanged "up" Account(AccountData) |o| {
        price: Some(115.0), new_customer_price: Some(100.0), notice_days: Some(3.0)
    };
    AccountPriceChanged "down" Account(AccountData) |o| { price: Some(95.0), notice_days: Some(0.0) };
    AccountPlanChanged "to less" Account(AccountData) |o| { scope: word("down"), notice_days: Some(14.0) };
    AccountPlanChanged "to more" Account(AccountData) |o| { scope: word("up"), new_customer_price: Some(80.0) };
    AccountContractEnding "declined" Account(AccountData) |o| {
        renewal: Some(Renewal::Declined), ends: Some(START + Span::days(60))
    };
    AccountCancellationRequested "" Account(AccountData) |o| { reason: word("price") };
    AccountCancellationWithdrawn "" Account(AccountData) |o| {};
    AccountCancelled "" Account(AccountData) |o| {};
    AccountReactivated "" Account(AccountData) |o| {};
    WaitExceeded "" Service(ServiceData) |o| { site: text("site", o), minutes: Some(50.0) };
    IncidentAffected "" Service(ServiceData) |o| { incident_id: text("i", o) };
    ServiceSuspended "" Service(ServiceData) |o| { cause: word("nonpayment") };
    ServiceSuspended "as asked" Service(ServiceData) |o| { cause: word("customer_request") };
    ServiceRestored "" Service(ServiceData) |o| {};
    IncidentNotified "" Service(ServiceData) |o| { incident_id: text("i", o) };
    CompetitorMentioned "" Competitor(CompetitorData) |o| { name: word("other") };
    CompetitorOfferSeen "" Competitor(CompetitorData) |o| { name: text("rival", o), price: Some(100.0) };
    CompetitorOfferSeen "nobody's" Competitor(CompetitorData) |o| { price: Some(70.0) };
    DataExported "" Competitor(CompetitorData) |o| {};
    UsageActivity "cancel page" Usage(UsageData) |o| { feature: word("cancel_page") };
    PortOutRequested "" Competitor(CompetitorData) |o| {};
    CareOutreach "human" Care(CareData) |o| { by: word("human"), purpose: word("checkin") };
    CareGesture "human" Care(CareData) |o| { by: word("human"), monetary: Some(false) };
    CareGesture "auto" Care(CareData) |o| { by: word("auto"), order_id: text("o", o) };
    CareOutreach "retention" Care(CareData) |o| { by: word("human"), purpose: word("retention") };
    CareOutreach "auto" Care(CareData) |o| { by: word("auto"), purpose: word("appreciation") };
    CareApology "" Care(CareData) |o| { by: word("human") };
    CareGesture "money" Care(CareData) |o| { by: word("human"), monetary: Some(true), amount: Some(10.0) };
    CareGesture "flowers" Care(CareData) |o| { by: word("human"), monetary: Some(false) };
    AnniversaryRecognised "" Care(CareData) |o| {};
    CareGesture "" Care(CareData) |o| { by: word("human"), order_id: text("o", o) };
    ReferralMade "" Care(CareData) |o| {};
    ReferralAsked "" Care(CareData) |o| {};
    ReferralConverted "" Care(CareData) |o| { referral_id: text("r", o), amount: Some(700.0) };
    ReferenceGiven "" Care(CareData) |o| {};
    CareOutreach "survey" Care(CareData) |o| { purpose: word("survey") };
    MarketingSent "" Care(CareData) |o| {};
    Unsubscribed "" Care(CareData) |o| {};
    SpamReported "" Care(CareData) |o| {};
    FeatureRequestAccepted "" FeatureRequest(FeatureRequestData) |o| { request_id: text("f", o) };
    PurchaseCompleted "at a discount" Purchase(OrderData) |o| { order_id: text("o", o), discount: Some(5.0) };
    ReturnRequested "" Purchase(OrderData) |o| { order_id: text("o", o) };
    ProfileUpserted "manila" Profile(ProfileData) |o| {
        timezone: word("Asia/Manila"), since: Some(Time::EARLIEST), products: Some(Products(3.0))
    };
    ProfileUpserted "consent, since march" Profile(ProfileData) |o| {
        consent: Some(true), since: Some(START - Span::days(2 * 365 - 10)), need: word("to be heard")
    };
    ProfileUpserted "top decile" Profile(ProfileData) |o| {
        value_decile: Some(10.0), owner: word("ana"), value: Some(1_200.0)
    };
    ProfileUpserted "low decile" Profile(ProfileData) |o| { value_decile: Some(2.0), timezone: word("UTC") };
    ProfileUpserted "good" Profile(ProfileData) |o| {
        health: word("good"), since: Some(Time::EARLIEST), need: word("two lines")
    };
    ProfileUpserted "poor" Profile(ProfileData) |o| { health: word("poor") };
    OutcomeChurned "" Outcome(OutcomeData) |o| {};
    OutcomeRetained "" Outcome(OutcomeData) |o| {};
    AlertAcknowledged "" Alert(AlertData) |o| {};
    AlertSnoozed "" Alert(AlertData) |o| {};
    AlertSnoozed "to d40" Alert(AlertData) |o| { until: Some(START + Span::days(39)) };
    AlertUnsnoozed "" Alert(AlertData) |o| {};
    AlertAssigned "" Alert(AlertData) |o| { owner: word("ben") };
    AlertResolved "" Alert(AlertData) |o| {};
    AlertDismissed "" Alert(AlertData) |o| {};
};

/// Acts that have no fields of their own.
pub const PLAIN: &[(EventType, &str)] =
    &[(EventType::CustomerErased, "customer.erased"), (EventType::Unknown, "kiosk.touched")];

/// Two records turn out to be of one customer. What happens to one customer then concerns another, so that these are only
/// in histories of `merging`.
pub const MERGES: &[Act] = acts! {
    AccountMerged "into c0" Account(AccountData) |o| { into: word("c0") };
    AccountMerged "into c1" Account(AccountData) |o| { into: word("c1") };
};

/// One line of a history.
#[derive(Clone)]
pub struct Step {
    /// Seconds since the line before.
    pub gap_s: i64,
    /// Seconds by which it arrives late.
    pub late_s: i64,
    pub who: u8,
    /// Index in `ACTS`, then in `PLAIN`, then in `MERGES`.
    pub act: usize,
    /// Number of the object, or of the live alert, that it is about.
    pub object: u8,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, note) = match act(self.act) {
            Some(act) => (act.event_type.name(), act.note),
            None => (PLAIN[self.act - ACTS.len()].1, ""),
        };
        let late = if self.late_s > 0 { format!(" ({} late)", length(self.late_s)) } else { String::new() };
        write!(f, "+{}{late} c{} {name} {} {note}", length(self.gap_s), self.who, self.object)
    }
}

/// The act of a step; none for one without fields.
fn act(index: usize) -> Option<&'static Act> {
    ACTS.get(index).or_else(|| MERGES.get(index.checked_sub(ACTS.len() + PLAIN.len())?))
}

fn length(seconds: i64) -> String {
    let (d, h, m, s) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let parts = [(d, "d"), (h, "h"), (m, "m"), (s, "s")];
    let said: String = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if said.is_empty() { "0s".into() } else { said }
}

/// Up to `longest` steps of customers `c0` to `c2`, some of them late by up to 40 days.
pub fn history(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    // Erasure is rare: it ends most of what there is to see.
    let any_act = prop_oneof![60 => 0..ACTS.len(), 1 => ACTS.len()..ACTS.len() + PLAIN.len()];
    // What is counted over months needs many of a kind.
    let care = [Family::Care, Family::Usage, Family::FeatureRequest, Family::Purchase, Family::Profile];
    let care: Vec<usize> = (0..ACTS.len()).filter(|act| care.contains(&ACTS[*act].event_type.family())).collect();
    let care_act = prop::sample::select(care);
    let who = || prop_oneof![6 => Just(0_u8), 2 => Just(1), 1 => Just(2)];
    prop_oneof![4 => steps(who(), any_act, longest), 1 => steps(who(), care_act, longest)]
}

/// As `history`, and in some of them customers are merged.
pub fn merging(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    let plain = ACTS.len() + PLAIN.len();
    let any_act = prop_oneof![60 => 0..ACTS.len(), 3 => plain..plain + MERGES.len(), 1 => ACTS.len()..plain];
    let who = prop_oneof![3 => Just(0_u8), 3 => Just(1), 1 => Just(2)];
    prop_oneof![1 => history(longest), 1 => steps(who, any_act, longest)]
}

fn steps(
    who: impl Strategy<Value = u8>,
    act: impl Strategy<Value = usize>,
    longest: usize,
) -> impl Strategy<Value = Vec<Step>> {
    let gap = prop_oneof![
        3 => 0..90_i64,
        4 => (1..40_i64).prop_map(|m| m * 60),
        4 => (1..60_i64).prop_map(|n| n * 13 * 60),
        3 => (1..12_i64).prop_map(|n| n * 43_200),
        1 => (10..70_i64).prop_map(|d| d * 86_400),
    ];
    let late = prop_oneof![
        10 => Just(0_i64),
        1 => 1..60_i64,
        1 => (1..48_i64).prop_map(|h| h * 3_600),
        1 => (1..40_i64).prop_map(|d| d * 86_400),
    ];
    let step = (gap, late, who, act, 0..3_u8);
    let step = step.prop_map(|(gap_s, late_s, who, act, object)| Step { gap_s, late_s, who, act, object });
    prop::collection::vec(step, 1..longest)
}

/// The rules of these tests: the shipped ones with two owners, and a good name as a payer after two invoices.
pub fn rules() -> Arc<Rules> {
    let mut rules = Rules::default();
    rules.alerts.owners = vec!["team:first".into(), "team:second".into()];
    rules.money.hardship.invoices = 2;
    Arc::new(rules)
}

/// An event of `act` (see `Step::act`) with everything said outright.
pub fn event(act: usize, id: String, who: &str, object: &str, time: Time) -> Event<'static> {
    let (event_type, type_name, data) = match self::act(act) {
        Some(act) => (act.event_type, act.event_type.name(), (act.data)(object)),
        None => {
            let (event_type, name) = PLAIN[act - ACTS.len()];
            (event_type, name, Data::None)
        }
    };
    Event {
        id: Cow::Owned(id),
        source: Cow::Borrowed("test"),
        event_type,
        type_name: Cow::Borrowed(type_name),
        time,
        tenant: Cow::Borrowed("default"),
        customer_id: Cow::Owned(who.to_owned()),
        account_id: None,
        channel: None,
        lang: None,
        correlation_id: None,
        data,
    }
}

/// The events of a history. `alert.*` name a live alert of the customer at that time, where there is one.
pub fn events(steps: &[Step]) -> Vec<Event<'static>> {
    let mut run = Run::new();
    let mut now = START;
    let mut events = Vec::with_capacity(steps.len());
    for (number, step) in steps.iter().enumerate() {
        now = now + Span::seconds(step.gap_s);
        let who = format!("c{}", step.who);
        let time = now - Span::seconds(step.late_s);
        let mut event = event(step.act, format!("e{number}"), &who, &step.object.to_string(), time);
        if let Data::Alert(data) = &mut event.data {
            let mut names = Vec::new();
            run.engine.each_customer(&mut |c| {
                if c.key == CustomerKey::new("default", &who) {
                    names = c
                        .alerts
                        .iter()
                        .filter(|a| a.is_live())
                        .map(|a| (a.alert_id(&c.key), a.dedup_key(&c.key)))
                        .collect();
                }
            });
            match names.get(usize::from(step.object) % names.len().max(1)) {
                Some((id, _)) if step.gap_s % 2 == 0 => data.alert_id = Some(Cow::Owned(id.clone())),
                Some((_, key)) => data.dedup_key = Some(Cow::Owned(key.clone())),
                None => data.dedup_key = Some(Cow::Borrowed("default/nobody/PROMISE_BROKEN/p0")),
            }
        }
        run.feed(&event);
        events.push(event);
    }
    events
}

/// An engine and what it has told.
pub struct Run {
    pub engine: Engine,
    pub told: Vec<Alert>,
}

/// Every customer's stored form, by key.
pub type States = BTreeMap<String, Vec<u8>>;

impl Run {
    pub fn new() -> Run {
        Run { engine: Engine::new(rules()), told: Vec::new() }
    }

    /// An engine as a restart makes it.
    pub fn restored(states: &States, clock: Clock) -> Run {
        let mut run = Run::new();
        // In another order than that in which they came.
        for bytes in states.values().rev() {
            let customer: Customer = postcard::from_bytes(bytes).expect("what was written is read back");
            run.engine.restore(customer);
        }
        run.engine.restored(clock);
        run
    }

    /// The same run after a restart with `states`.
    pub fn restarted(self, states: &States) -> Run {
        Run { told: self.told, ..Run::restored(states, self.engine.clock()) }
    }

    pub fn feed(&mut self, event: &Event<'_>) -> Outcome {
        self.until_done(|engine, effects| engine.apply(event, effects))
    }

    pub fn advance(&mut self, to: Time) {
        self.until_done(|engine, effects| engine.advance(to, effects));
    }

    fn until_done(&mut self, mut step: impl FnMut(&mut Engine, &mut Vec<Effect>) -> Progress) -> Outcome {
        let mut effects = Vec::new();
        let outcome = loop {
            match step(&mut self.engine, &mut effects) {
                Progress::Again => {}
                Progress::Done(outcome) => break outcome,
            }
        };
        self.told.extend(effects.into_iter().filter_map(Effect::into_alert).map(|alert| *alert));
        outcome
    }

    pub fn watermark(&self) -> Time {
        self.engine.clock().watermark.unwrap_or(Time::MIN)
    }

    pub fn states(&self) -> States {
        let mut states = States::new();
        self.engine.each_customer(&mut |c| {
            states.insert(c.key.as_str().to_owned(), postcard::to_allocvec(c).expect("any customer can be written"));
        });
        states
    }
}

/// One line for each alert, for messages.
pub fn lines(told: &[Alert]) -> String {
    let line = |a: &Alert| {
        let reason = a.reason.map_or("", |r| r.name());
        format!(
            "{} (fact {}) {} #{} {} {} {} {reason}\n",
            a.updated_at,
            a.event_time,
            a.dedup_key,
            a.seq,
            a.transition.name(),
            a.severity.name(),
            a.status.name()
        )
    };
    told.iter().map(line).collect()
}
