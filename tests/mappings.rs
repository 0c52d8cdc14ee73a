//! The mappings that come with the program, over records as the foreign systems write them.

use churnwatch::codec::{Decoded, Decoder, Mapping};
use churnwatch::model::event::*;

/// `type customer` of the event that `record` gives, or `dropped`, or why it is none; and the event's data.
fn read(mapping: &str, record: &str) -> (String, Data<'static>) {
    // Leaked, because the data borrows from both.
    let mapping = Mapping::built_in(mapping).expect("it comes with the program");
    let decoder = Box::leak(Box::new(Decoder::new(Some(mapping))));
    let record = record.to_owned().leak();
    match decoder.decode(record.as_bytes()) {
        Ok(Decoded::Event(event)) => {
            let channel = event.channel.as_deref().unwrap_or("-");
            (format!("{} {} {} {channel}", event.event_type.name(), event.customer_id, event.time), event.data)
        }
        Ok(Decoded::Dropped) => ("dropped".into(), Data::None),
        Err(rejected) => (rejected.to_string(), Data::None),
    }
}

/// Replaces parts of a record.
fn with(record: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(record.to_owned(), |record, (from, to)| {
        assert!(record.contains(from), "{from}");
        record.replace(from, to)
    })
}

#[test]
fn segment_calls_become_purchases_use_and_profiles() {
    let order = r#"{"type":"track","event":"Order Completed","messageId":"m1","userId":"u1","anonymousId":"a1",
        "originalTimestamp":"2026-03-04T15:02:11.123Z","timestamp":"2026-03-04T15:02:10Z","context":{"locale":"es-MX"},
        "properties":{"order_id":50314,"total":27.5,"revenue":25.0,"currency":"USD","products":[{"sku":"45790-32"}]}}"#;
    assert_eq!(
        read("segment-track", order),
        (
            "purchase.completed u1 2026-03-04T15:02:11.123Z -".into(),
            Data::Purchase(OrderData {
                order_id: Some("50314".into()),
                amount: Some(27.5),
                currency: Some("USD".into()),
                ..OrderData::default()
            })
        )
    );
    let free = with(order, &[("27.5", "\"free\"")]);
    assert!(matches!(read("segment-track", &free).1, Data::Purchase(OrderData { amount: None, .. })));
    assert_eq!(read("segment-track", &with(order, &[("\"u1\"", "null")])).0, "dropped");
    let other = with(order, &[("Order Completed", "Report Exported")]);
    let used =
        |feature: &str| Data::Usage(UsageData { feature: Some(feature.to_owned().into()), ..UsageData::default() });
    assert_eq!(read("segment-track", &other).1, used("Report Exported"));
    let page = with(order, &[("\"track\",\"event\":\"Order Completed\"", "\"page\",\"name\":\"Home\"")]);
    assert_eq!(read("segment-track", &page).1, used("Home"));
    let alias = with(order, &[("\"track\",\"event\":\"Order Completed\"", "\"alias\"")]);
    assert_eq!(read("segment-track", &alias).0, "dropped");
    let identify = with(
        order,
        &[("\"track\",\"event\":\"Order Completed\"", "\"identify\",\"traits\":{\"createdAt\":\"2020-01-02\"}")],
    );
    let (head, data) = read("segment-track", &identify);
    assert_eq!(head, "profile.upserted u1 2026-03-04T15:02:11.123Z -");
    assert!(matches!(data, Data::Profile(ProfileData { since: Some(_), locale: Some(_), .. })));
}

#[test]
fn stripe_events_become_invoices_and_cancellations() {
    let invoice = r#"{"id":"evt_1","object":"event","created":1772636531,"type":"invoice.finalized","data":{"object":{
        "id":"in_1","customer":"cus_9","amount_due":1999,"currency":"eur","due_date":1775001600}}}"#;
    let (head, data) = read("stripe", invoice);
    assert_eq!(head, "billing.invoice_issued cus_9 2026-03-04T15:02:11Z system");
    let issued = BillingData {
        invoice_id: Some("in_1".into()),
        amount: Some(19.99),
        currency: Some("eur".into()),
        due: Some(churnwatch::model::Time(1_775_001_600_000)),
        ..BillingData::default()
    };
    assert_eq!(data, Data::Billing(issued.clone()));
    for (name, expected) in [
        ("invoice.paid", "billing.paid"),
        ("invoice.payment_failed", "billing.payment_failed"),
        ("invoice.overdue", "billing.overdue"),
    ] {
        let (head, data) = read("stripe", &with(invoice, &[("invoice.finalized", name)]));
        assert!(head.starts_with(&format!("{expected} ")), "{head}");
        assert_eq!(data, Data::Billing(BillingData { due: None, ..issued.clone() }));
    }
    assert_eq!(read("stripe", &with(invoice, &[("invoice.finalized", "invoice.created")])).0, "dropped");

    let subscription = r#"{"id":"evt_2","created":1772636531,"type":"customer.subscription.updated","data":{"object":{
        "id":"sub_1","customer":"cus_9","cancel_at_period_end":true,"cancel_at":1775001600,
        "cancellation_details":{"feedback":"too_expensive"}},"previous_attributes":{"cancel_at_period_end":false}}}"#;
    let (head, data) = read("stripe", subscription);
    assert_eq!(head, "account.cancellation_requested cus_9 2026-03-04T15:02:11Z system");
    assert!(
        matches!(&data, Data::Account(AccountData { effective: Some(_), reason: Some(reason), .. }) if reason == "too_expensive")
    );
    let withdrawn = with(
        subscription,
        &[
            ("\"cancel_at_period_end\":false", "\"cancel_at_period_end\":1"),
            ("\"cancel_at_period_end\":true", "\"cancel_at_period_end\":false"),
            ("\"cancel_at_period_end\":1", "\"cancel_at_period_end\":true"),
        ],
    );
    assert!(read("stripe", &withdrawn).0.starts_with("account.cancellation_withdrawn cus_9"));
    let renamed = with(subscription, &[("{\"cancel_at_period_end\":false}", "{\"metadata\":{}}")]);
    assert_eq!(read("stripe", &renamed).0, "dropped");
    let gone = with(subscription, &[("subscription.updated", "subscription.deleted")]);
    assert!(read("stripe", &gone).0.starts_with("account.cancelled cus_9"));
}

#[test]
fn zendesk_tickets_become_complaints_and_contacts() {
    let created = r#"{"type":"zen:event-type:ticket.created","account_id":12514403,"id":"cbe4028c","time":"2026-03-04T15:02:11Z",
        "zendesk_event_version":"2022-11-06","subject":"zen:ticket:5158","detail":{"id":"5158","requester_id":"8447",
        "organization_id":null,"assignee_id":"77","priority":"HIGH","status":"OPEN","type":"INCIDENT",
        "description":"again no heating","via":{"channel":"web_service"}},"event":{"current":"OPEN","previous":"NEW"}}"#;
    let (head, data) = read("zendesk", created);
    assert_eq!(head, "complaint.opened 8447 2026-03-04T15:02:11Z web");
    assert_eq!(
        data,
        Data::Complaint(ComplaintData {
            complaint_id: Some("5158".into()),
            severity: Some(ComplaintSeverity::Major),
            agent_id: Some("77".into()),
            text: Some("again no heating".into()),
            ..ComplaintData::default()
        })
    );
    let head = |changes: &[(&str, &str)]| read("zendesk", &with(created, changes)).0;
    let kind = |changes: &[(&str, &str)]| head(changes).split(' ').next().unwrap_or_default().to_owned();
    assert_eq!(kind(&[("\"INCIDENT\"", "null")]), "contact.started", "a ticket without a type is a question");
    let status = ("ticket.created", "ticket.status_changed");
    for (current, previous, expected) in [
        ("OPEN", "NEW", "complaint.acknowledged"),
        ("SOLVED", "OPEN", "complaint.resolved"),
        ("CLOSED", "SOLVED", "complaint.closed"),
        ("OPEN", "SOLVED", "complaint.reopened"),
        ("PENDING", "OPEN", "dropped"),
    ] {
        let event = format!("{{\"current\":\"{current}\",\"previous\":\"{previous}\"}}");
        assert_eq!(kind(&[status, ("{\"current\":\"OPEN\",\"previous\":\"NEW\"}", &event)]), expected);
        let solved_question =
            [status, ("INCIDENT", "QUESTION"), ("{\"current\":\"OPEN\",\"previous\":\"NEW\"}", &event)];
        assert_eq!(kind(&solved_question), if current == "SOLVED" { "contact.ended" } else { "dropped" });
    }
    let comment = |kind_of_ticket: &str, staff: bool, public: bool| {
        let event = format!(
            "{{\"comment\":{{\"body\":\"hi\",\"is_public\":{public},\"author\":{{\"id\":\"5\",\"is_staff\":{staff}}}}}}}"
        );
        kind(&[
            ("ticket.created", "ticket.comment_added"),
            ("INCIDENT", kind_of_ticket),
            ("{\"current\":\"OPEN\",\"previous\":\"NEW\"}", &event),
        ])
    };
    assert_eq!(comment("PROBLEM", true, true), "complaint.responded");
    assert_eq!(comment("PROBLEM", false, true), "contact.message");
    assert_eq!(comment("QUESTION", true, true), "contact.message");
    assert_eq!(comment("PROBLEM", true, false), "dropped");
    assert_eq!(kind(&[("ticket.created", "ticket.tags_changed")]), "dropped");
}

#[test]
fn chatwoot_conversations_become_contacts() {
    let message = r#"{"event":"message_created","id":"1","content":"Hi","created_at":"2020-03-03 13:05:57 UTC",
        "message_type":"incoming","content_type":"text","private":false,"sender":{"id":"1"},"contact":{"id":"7"},
        "conversation":{"display_id":"12"},"account":{"id":"1","name":"Chatwoot"}}"#;
    let (head, data) = read("chatwoot", message);
    assert_eq!(head, "contact.message 7 2020-03-03T13:05:57Z chat");
    let inbound = ContactData {
        contact_id: Some("12".into()),
        direction: Some(Direction::Inbound),
        text: Some("Hi".into()),
        ..ContactData::default()
    };
    assert_eq!(data, Data::Contact(inbound.clone()));
    let (_, data) = read("chatwoot", &with(message, &[("incoming", "outgoing")]));
    assert_eq!(data, Data::Contact(ContactData { direction: Some(Direction::Outbound), ..inbound }));
    assert_eq!(read("chatwoot", &with(message, &[("incoming", "activity")])).0, "dropped");
    assert_eq!(read("chatwoot", &with(message, &[("\"private\":false", "\"private\":true")])).0, "dropped");

    let conversation = r#"{"event":"conversation_created","id":12,"status":"open","timestamp":1772636531,
        "created_at":1772636500,"contact_inbox":{"contact_id":7},"meta":{"sender":{"id":7},"assignee":{"id":3}}}"#;
    assert_eq!(read("chatwoot", conversation).0, "contact.started 7 2026-03-04T15:02:11Z chat");
    let solved =
        with(conversation, &[("conversation_created", "conversation_status_changed"), ("\"open\"", "\"resolved\"")]);
    let (head, data) = read("chatwoot", &solved);
    assert_eq!(head, "contact.ended 7 2026-03-04T15:02:11Z chat");
    assert!(matches!(data, Data::Contact(ContactData { resolved: Some(true), agent_id: Some(_), .. })));
    let opened = with(conversation, &[("conversation_created", "conversation_status_changed")]);
    assert_eq!(read("chatwoot", &opened).0, "dropped");
}
