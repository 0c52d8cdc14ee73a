//! One event of the relation between a company and a customer, borrowed from the bytes it came in.

use std::borrow::Cow;

use super::time::Time;

/// Text of an event: borrowed from the record unless it held an escape.
pub type Text<'a> = Cow<'a, str>;

/// An event that has passed every check of its form: ids within their limits, a time that is not absurd, data of the
/// right types. `customer_id` is empty only for the few types that may be about nobody.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// With `source` and `tenant`: the dedupe key. 1..=128 bytes.
    pub id: Text<'a>,
    /// Who reports it, for example `zendesk/acme`.
    pub source: Text<'a>,
    /// What happened.
    pub event_type: EventType,
    /// The type as it was written, known or not.
    pub type_name: Text<'a>,
    /// Event time.
    pub time: Time,
    /// `default` if the event names none.
    pub tenant: Text<'a>,
    /// Whose event it is; empty if about nobody.
    pub customer_id: Text<'a>,
    /// The account the customer belongs to.
    pub account_id: Option<Text<'a>>,
    /// phone, email, chat, social, store, app, web, mail or system; anything else is carried as it is.
    pub channel: Option<Text<'a>>,
    /// BCP 47 language of the customer or the text.
    pub lang: Option<Text<'a>>,
    /// Ties events of one case together.
    pub correlation_id: Option<Text<'a>>,
    /// The fields that the type defines.
    pub data: Data<'a>,
}

macro_rules! event_types {
    ($($variant:ident $name:literal $family:ident $life:ident;)*) => {
        /// The closed list of event types, and `Unknown`: counted, kept as a sign of life.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum EventType { $($variant,)* Unknown }

        impl EventType {
            /// Every type with a name. The order is stored with customers: new types come last.
            pub const ALL: &'static [EventType] = &[$(EventType::$variant),*];

            /// The type called `name`; `Unknown` if there is none. No aliases, letter case counts.
            pub fn parse(name: &str) -> EventType {
                match name { $($name => EventType::$variant,)* _ => EventType::Unknown }
            }

            /// `family.name`; `unknown` for `Unknown`.
            pub fn name(self) -> &'static str {
                match self { $(EventType::$variant => $name,)* EventType::Unknown => "unknown" }
            }

            /// The family, which defines the fields of `data`.
            pub fn family(self) -> Family {
                match self { $(EventType::$variant => Family::$family,)* EventType::Unknown => Family::Unknown }
            }

            /// Whether the customer acts by it whatever its fields say. `Directed`: only if the contact is inbound.
            pub fn life(self) -> Life {
                match self { $(EventType::$variant => Life::$life,)* EventType::Unknown => Life::Sign }
            }
        }
    };
}

/// Whether an event of a type shows that the customer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// The customer acts.
    Sign,
    /// The company acts, or nobody does.
    None,
    /// The customer acts unless the contact's direction is outbound.
    Directed,
}

/// What the fields of `data` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Family {
    Complaint,
    Contact,
    Feedback,
    FeatureRequest,
    Promise,
    Purchase,
    Usage,
    Delivery,
    Account,
    Billing,
    Service,
    Competitor,
    Care,
    Profile,
    Alert,
    Outcome,
    Customer,
    Unknown,
}

event_types! {
    ComplaintOpened "complaint.opened" Complaint Sign;
    ComplaintAcknowledged "complaint.acknowledged" Complaint None;
    ComplaintAssessed "complaint.assessed" Complaint None;
    ComplaintInvestigating "complaint.investigating" Complaint None;
    ComplaintResponded "complaint.responded" Complaint None;
    ComplaintResolved "complaint.resolved" Complaint None;
    ComplaintConfirmed "complaint.confirmed" Complaint Sign;
    ComplaintClosed "complaint.closed" Complaint None;
    ComplaintReopened "complaint.reopened" Complaint Sign;
    ComplaintWithdrawn "complaint.withdrawn" Complaint Sign;
    ComplaintEscalated "complaint.escalated" Complaint None;
    ContactStarted "contact.started" Contact Directed;
    ContactMessage "contact.message" Contact Directed;
    ContactAnswered "contact.answered" Contact Directed;
    ContactTransferred "contact.transferred" Contact None;
    ContactAbandoned "contact.abandoned" Contact Sign;
    ContactEnded "contact.ended" Contact None;
    ContactQualityScored "contact.quality_scored" Contact None;
    SurveySent "feedback.survey_sent" Feedback None;
    SurveyAnswered "feedback.survey_answered" Feedback Sign;
    ReviewPosted "feedback.review_posted" Feedback Sign;
    ReviewReplied "feedback.review_replied" Feedback None;
    SentimentScored "feedback.sentiment_scored" Feedback None;
    FeatureRequestDeclined "feature_request.declined" FeatureRequest None;
    FeatureRequestAccepted "feature_request.accepted" FeatureRequest None;
    PromiseMade "promise.made" Promise None;
    PromiseRenegotiated "promise.renegotiated" Promise None;
    PromiseKept "promise.kept" Promise None;
    PromiseBroken "promise.broken" Promise None;
    PromiseCancelled "promise.cancelled" Promise None;
    PurchaseCompleted "purchase.completed" Purchase Sign;
    ReturnRequested "return.requested" Purchase Sign;
    UsageActivity "usage.activity" Usage Sign;
    UsageMissed "usage.missed" Usage None;
    DeliveryLate "delivery.late" Delivery None;
    DeliveryFailed "delivery.failed" Delivery None;
    DeliveryMismatched "delivery.mismatched" Delivery None;
    DeliveryCompleted "delivery.completed" Delivery None;
    AccountCreated "account.created" Account Sign;
    AccountRenewed "account.renewed" Account Sign;
    AccountContractEnding "account.contract_ending" Account None;
    AccountPlanChanged "account.plan_changed" Account Sign;
    AccountPriceChanged "account.price_changed" Account None;
    AccountCancellationRequested "account.cancellation_requested" Account Sign;
    AccountCancellationWithdrawn "account.cancellation_withdrawn" Account None;
    AccountCancelled "account.cancelled" Account None;
    AccountReactivated "account.reactivated" Account Sign;
    AccountMerged "account.merged" Account None;
    InvoiceIssued "billing.invoice_issued" Billing None;
    InvoicePaid "billing.paid" Billing Sign;
    PaymentFailed "billing.payment_failed" Billing None;
    InvoiceOverdue "billing.overdue" Billing None;
    DunningSent "billing.dunning_sent" Billing None;
    HardshipDeclared "billing.hardship_declared" Billing Sign;
    PlanAgreed "billing.plan_agreed" Billing Sign;
    InstalmentKept "billing.instalment_kept" Billing Sign;
    InstalmentMissed "billing.instalment_missed" Billing None;
    DisputeOpened "billing.dispute_opened" Billing Sign;
    DisputeDecided "billing.dispute_decided" Billing None;
    CreditIssued "billing.credit_issued" Billing None;
    BillingDiscrepancy "billing.discrepancy" Billing None;
    IncidentOpened "service.incident_opened" Service None;
    IncidentAffected "service.incident_affected" Service None;
    IncidentNotified "service.incident_notified" Service None;
    IncidentResolved "service.incident_resolved" Service None;
    WaitExceeded "service.wait_exceeded" Service None;
    ServiceSuspended "service.suspended" Service None;
    ServiceRestored "service.restored" Service None;
    CompetitorMentioned "competitor.mentioned" Competitor None;
    CompetitorOfferSeen "competitor.offer_seen" Competitor None;
    PortOutRequested "competitor.port_out_requested" Competitor Sign;
    DataExported "competitor.data_exported" Competitor Sign;
    CareOutreach "care.outreach" Care None;
    CareApology "care.apology" Care None;
    CareGesture "care.gesture" Care None;
    AnniversaryRecognised "care.anniversary_recognised" Care None;
    ReferralAsked "care.referral_asked" Care None;
    ReferralMade "care.referral_made" Care Sign;
    ReferralConverted "care.referral_converted" Care None;
    ReferenceGiven "care.reference_given" Care Sign;
    MarketingSent "care.marketing_sent" Care None;
    Unsubscribed "care.unsubscribed" Care Sign;
    SpamReported "care.spam_reported" Care None;
    ProfileUpserted "profile.upserted" Profile None;
    AlertAcknowledged "alert.acknowledged" Alert None;
    AlertSnoozed "alert.snoozed" Alert None;
    AlertUnsnoozed "alert.unsnoozed" Alert None;
    AlertAssigned "alert.assigned" Alert None;
    AlertResolved "alert.resolved" Alert None;
    AlertDismissed "alert.dismissed" Alert None;
    OutcomeChurned "outcome.churned" Outcome None;
    OutcomeRetained "outcome.retained" Outcome None;
    CustomerErased "customer.erased" Customer None;
}

impl EventType {
    /// Types that may lack a customer: they are about an incident or a site, and their record key is its id.
    pub fn may_be_about_nobody(self) -> bool {
        matches!(
            self,
            EventType::IncidentOpened
                | EventType::IncidentResolved
                | EventType::IncidentNotified
                | EventType::WaitExceeded
        )
    }
}

impl Event<'_> {
    /// Whether the customer showed that they are still there.
    pub fn is_sign_of_life(&self) -> bool {
        match self.event_type.life() {
            Life::Sign => true,
            Life::None => false,
            Life::Directed => !matches!(&self.data, Data::Contact(c) if c.direction == Some(Direction::Outbound)),
        }
    }

    /// The object the event is about: its own id field, else `correlation_id`, else the event's id.
    pub fn object_id<'e>(&'e self, own: &'e Option<Text<'_>>) -> &'e str {
        own.as_deref().or(self.correlation_id.as_deref()).unwrap_or(&self.id)
    }
}

/// The data of an event, by family.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, clippy::large_enum_variant)]
pub enum Data<'a> {
    Complaint(ComplaintData<'a>),
    Contact(ContactData<'a>),
    Feedback(FeedbackData<'a>),
    FeatureRequest(FeatureRequestData<'a>),
    Promise(PromiseData<'a>),
    /// purchase.*, return.*
    Purchase(OrderData<'a>),
    Usage(UsageData<'a>),
    Delivery(OrderData<'a>),
    Account(AccountData<'a>),
    Billing(BillingData<'a>),
    Service(ServiceData<'a>),
    Competitor(CompetitorData<'a>),
    Care(CareData<'a>),
    Profile(ProfileData<'a>),
    Alert(AlertData<'a>),
    Outcome(OutcomeData<'a>),
    /// Types without fields of their own, and unknown types.
    None,
}

/// Defines a struct whose fields are all optional.
macro_rules! data {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[allow(missing_docs)]
        pub struct $name<'a> { $($(#[$field_meta])* pub $field: Option<$type>,)* }
    };
}

data! {
    /// complaint.* (steps of ISO 10002).
    ComplaintData {
        complaint_id: Text<'a>, category: Category, severity: ComplaintSeverity, dimension: Dimension, amount: f64,
        remedy: Text<'a>, incident_id: Text<'a>, admission: bool, agent_id: Text<'a>, site: Text<'a>, text: Text<'a>,
        sentiment: f64, contact_id: Text<'a>,
    }
}
data! {
    /// contact.*; `wait_s` in seconds.
    ContactData {
        contact_id: Text<'a>, complaint_id: Text<'a>, direction: Direction, text: Text<'a>, sentiment: f64,
        abandon: Text<'a>, wait_s: f64, resolved: bool, auto: bool, topic: Text<'a>, agent_id: Text<'a>,
        site: Text<'a>, shift: Text<'a>, dimension: Dimension, score: f64, scale_min: f64, scale_max: f64,
        incident_id: Text<'a>,
    }
}
data! {
    /// feedback.*
    FeedbackData {
        survey_id: Text<'a>, review_id: Text<'a>, metric: Metric, value: f64, scale_min: f64, scale_max: f64,
        higher_is_better: bool, comment: Text<'a>, text: Text<'a>, rating: f64, reach: f64, sentiment: f64,
    }
}
data! {
    /// feature_request.*
    FeatureRequestData { request_id: Text<'a>, feature: Text<'a>, text: Text<'a>, reason: Text<'a>, }
}
data! {
    /// promise.*; `grace_s` in seconds.
    PromiseData { promise_id: Text<'a>, text: Text<'a>, due: Time, by: Text<'a>, grace_s: f64, reason: Text<'a>, }
}
data! {
    /// purchase.*, return.*, delivery.*
    OrderData {
        order_id: Text<'a>, amount: f64, currency: Text<'a>, quantity: f64, discount: f64, site: Text<'a>,
        expected: Scalar<'a>, actual: Scalar<'a>, incident_id: Text<'a>, reason: Text<'a>,
    }
}
data! {
    /// usage.*
    UsageData { feature: Text<'a>, quantity: f64, score: f64, reason: Text<'a>, }
}
data! {
    /// account.*; prices in the account's currency, `notice_days` in days.
    AccountData {
        since: Time, ends: Time, effective: Time, price: f64, previous_price: f64, new_customer_price: f64,
        notice_days: f64, plan: Text<'a>, scope: Text<'a>, renewal: Renewal, reason: Text<'a>, into: Text<'a>,
    }
}
data! {
    /// billing.*
    BillingData {
        invoice_id: Text<'a>, dispute_id: Text<'a>, plan_id: Text<'a>, instalment_id: Text<'a>, order_id: Text<'a>,
        amount: f64, currency: Text<'a>, due: Time, stage: Scalar<'a>, outcome: Outcome, expected: Scalar<'a>,
        actual: Scalar<'a>, instalments: Vec<Instalment<'a>>, reason: Text<'a>,
    }
}
data! {
    /// service.*
    ServiceData {
        incident_id: Text<'a>, site: Text<'a>, shift: Text<'a>, minutes: f64, cause: Text<'a>, all: bool,
    }
}
data! {
    /// competitor.*
    CompetitorData { name: Text<'a>, price: f64, evidence: Text<'a>, }
}
data! {
    /// care.*
    CareData {
        purpose: Text<'a>, by: Text<'a>, monetary: bool, amount: f64, order_id: Text<'a>, referral_id: Text<'a>,
        campaign: Text<'a>,
    }
}
data! {
    /// profile.upserted; `value` in the tenant's currency, `value_decile` 1..=10.
    ProfileData {
        locale: Text<'a>, timezone: Text<'a>, segment: Text<'a>, value: f64, value_decile: f64, owner: Text<'a>,
        products: Products, since: Time, health: Text<'a>, need: Text<'a>, consent: bool, name: Text<'a>,
    }
}
data! {
    /// alert.*: what a person did with an alert, named by `alert_id` or `dedup_key`.
    AlertData {
        alert_id: Text<'a>, dedup_key: Text<'a>, by: Text<'a>, until: Time, owner: Text<'a>, reason: Text<'a>,
    }
}
data! {
    /// outcome.*
    OutcomeData { reason: Text<'a>, effective: Time, }
}

/// A field that may be text, a number or a boolean; only whether two are equal matters.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Scalar<'a> {
    Text(Text<'a>),
    Number(f64),
    Bool(bool),
}

/// How many products the customer holds: given as a number or as a list.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Products(pub f64);

/// One instalment of a payment plan.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Instalment<'a> {
    pub instalment_id: Option<Text<'a>>,
    pub due: Option<Time>,
    pub amount: Option<f64>,
}

/// Defines a closed set of words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[allow(missing_docs)]
        pub enum $name { $($variant,)* }

        impl $name {
            /// Every word of the set.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The value written as `word`.
            pub fn parse(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }

            /// How it is written.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Why customers switch: Keaveney, "Customer Switching Behavior in Service Industries", Journal of Marketing 59 (1995).
    Category {
        CoreFailure "core_failure", EncounterFailure "encounter_failure", Price "price",
        Inconvenience "inconvenience", ResponseFailure "response_failure", Competitor "competitor", Ethics "ethics",
        Involuntary "involuntary",
    }
}
words! {
    /// How bad a complaint is.
    ComplaintSeverity { Minor "minor", Normal "normal", Major "major", }
}
words! {
    /// Dimensions of service quality: SERVQUAL, with courtesy apart from assurance.
    Dimension {
        Reliability "reliability", Responsiveness "responsiveness", Assurance "assurance", Empathy "empathy",
        Courtesy "courtesy", Tangibles "tangibles",
    }
}
words! {
    /// Who began a contact.
    Direction { Inbound "inbound", Outbound "outbound", }
}
words! {
    /// Net promoter score, customer satisfaction, customer effort score.
    Metric { Nps "nps", Csat "csat", Ces "ces", }
}
words! {
    /// How a dispute was decided.
    Outcome { Upheld "upheld", Denied "denied", Goodwill "goodwill", }
}
words! {
    /// What will follow the end of a contract.
    Renewal { Declined "declined", Auto "auto", Open "open", }
}
