//! Nobody sends through us who may not.

use crate::pair::{Client, Pair};

#[tokio::test(flavor = "multi_thread")]
async fn no_relay_is_open() {
    let Some(mut pair) = Pair::make() else { return };
    // The test's own address may send for the town only.
    pair.inside.setting.bodies[1].senders.clear();
    pair.start().await;
    let outside = [
        "x@elsewhere.example",
        "x%elsewhere.example@mx.town.example",
        "x@elsewhere.example@town.example",
        "@town.example:x@elsewhere.example",
        "elsewhere.example!x@mx.town.example",
        "\"x@elsewhere.example\"@mx.town.example",
        "x@mx.town.example",
        "root@localhost",
        "root",
        "x@[127.0.0.1]",
        "x@[192.0.2.1]",
        "|/bin/sh@mx.town.example",
        "x@sub.town.example",
        "x@town.example.elsewhere.example",
    ];
    for sender in ["a@world.example", "", "a@town.example", "root@mx.town.example"] {
        for receiver in outside
            .iter()
            .map(|one| (*one).to_owned())
            .chain([format!("x@[{}]", pair.outside.address)])
        {
            let mut client = Client::connect(pair.outside.address);
            client.say("EHLO client.example");
            let from = client.say(&format!("MAIL FROM:<{sender}>"));
            let to = client.say(&format!("RCPT TO:<{receiver}>"));
            assert!(
                from.starts_with('5') || to.starts_with('5') || to.starts_with('4'),
                "{sender} → {receiver}: {to}"
            );
        }
    }
    // Nobody says who the client is, and nothing of the machine's accounts.
    let mut client = Client::connect(pair.outside.address);
    let hello = client.say("EHLO client.example");
    for word in ["XCLIENT", "XFORWARD", "VRFY", "ETRN", "CHUNKING", "DSN", "AUTH"] {
        assert!(!hello.contains(word), "{word}: {hello}");
    }
    for line in [
        "XCLIENT ADDR=127.0.0.1",
        "XFORWARD ADDR=127.0.0.1",
        "VRFY root",
        "EXPN root",
        "ETRN town.example",
        "AUTH PLAIN AAAA",
    ] {
        let reply = client.say(line);
        assert!(reply.starts_with('5'), "{line}: {reply}");
    }
    // Inside: to anybody, but only as one's own body.
    for (sender, wanted) in [
        ("a@town.example", "250"),
        ("", "250"),
        ("a@village.example", "554"),
        ("a@world.example", "554"),
    ] {
        let mut client = Client::connect(pair.inside.address);
        client.say("EHLO client.example");
        client.say(&format!("MAIL FROM:<{sender}>"));
        let reply = client.say("RCPT TO:<x@elsewhere.example>");
        assert!(reply.starts_with(wanted), "{sender:?}: {reply}");
    }
    // Nobody else inside.
    pair.inside.setting.bodies[0].senders.clear();
    pair.inside.postfix.install(&pair.inside.setting).await.unwrap();
    let mut client = Client::connect(pair.inside.address);
    client.say("EHLO client.example");
    client.say("MAIL FROM:<a@town.example>");
    for receiver in ["x@elsewhere.example", "b@town.example"] {
        let reply = client.say(&format!("RCPT TO:<{receiver}>"));
        assert!(reply.starts_with("554"), "{receiver}: {reply}");
    }
}
