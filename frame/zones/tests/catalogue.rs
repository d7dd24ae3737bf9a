//! The catalogue as it stands in the project: every entry has a source and both
//! languages, and nothing uncertain passes for official.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use zones::catalogue::{Catalogue, Checker, catalogue};
use zones::site::Model;

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn read(models: &str) -> Result<Catalogue, String> {
    let read = Catalogue::read(&file("sources.toml"), models, &file("invariants.toml"));
    read.map_err(|fault| format!("{}: {}", fault.entry, fault.why))
}

#[test]
fn the_catalogue_is_whole() {
    let all = catalogue();
    assert_eq!(all.models.iter().map(|one| one.model).collect::<Vec<_>>(), Model::ALL);
    let ids: Vec<String> = all.invariants.iter().map(|one| one.id.clone()).collect();
    assert_eq!(ids, (1..=14).map(|number| format!("g{number}")).collect::<Vec<_>>());
    for model in Model::ALL {
        assert!(all.duties_of(model).len() >= 5, "{}", model.name());
    }
    // Each source is used, and Japanese is Japanese.
    for source in &all.sources {
        let grounds = all.duties.iter().map(|one| &one.ground);
        let grounds = grounds.chain(all.invariants.iter().map(|one| &one.ground));
        let mut grounds = grounds.chain(all.models.iter().map(|one| &one.ground));
        assert!(grounds.any(|ground| ground.source == source.id), "{} is not used", source.id);
    }
    for words in
        all.duties.iter().map(|one| &one.words).chain(all.invariants.iter().map(|one| &one.words))
    {
        assert!(!words.ja.is_ascii() && words.ja != words.en, "{words:?}");
    }
}

#[test]
fn nothing_uncertain_passes_for_official() {
    let all = catalogue();
    let grounds = all.duties.iter().map(|one| (&one.id, &one.ground));
    let grounds = grounds.chain(all.invariants.iter().map(|one| (&one.id, &one.ground)));
    for (id, ground) in grounds {
        let source = all.source(&ground.source).unwrap();
        assert!(source.is_official || !ground.is_verified, "{id} is verified by {}", source.id);
    }
    for placed in &all.models {
        let source = all.source(&placed.ground.source).unwrap();
        assert!(source.is_official || !placed.ground.is_verified, "{}", placed.model.name());
    }
}

#[test]
fn the_models_add_what_the_table_says() {
    let all = catalogue();
    let asks = |model, id: &str| all.duties_of(model).iter().any(|duty| duty.id == id);
    // J2: α to β adds the external audit among others.
    for (id, models) in [
        ("external-audit", [false, false, true, true]),
        ("breakout-destinations", [false, true, false, false]),
        ("logs-watched-closely", [false, false, false, true]),
        ("numbers-apart", [true; 4]),
    ] {
        assert_eq!(Model::ALL.map(|model| asks(model, id)), models, "{id}");
    }
    // What was verified comes first.
    let beta = all.duties_of(Model::Beta);
    let verified: Vec<bool> = beta.iter().map(|duty| duty.ground.is_verified).collect();
    assert!(verified.windows(2).all(|pair| pair[0] >= pair[1]), "{verified:?}");
    assert!(all.invariants.iter().any(|one| one.checked_by == [Checker::Nobody]));
}

#[test]
fn a_catalogue_with_a_fault_is_not_read() {
    let models = file("models.toml");
    for (from, to, why) in [
        ("source = \"s3\"\n", "", "no source"),
        ("source = \"s3\"", "source = \"rumour\"", "no source rumour"),
        ("id = \"screens-only\"", "id = \"networks-split\"", "its id is taken"),
        ("en = \"two factors in the LGWAN zone too\"\n", "", "no en"),
        ("models = [\"alpha-prime\"]", "models = []", "models is empty"),
        ("models = [\"alpha-prime\"]", "models = [\"gamma\"]", "models: no \"gamma\""),
        ("invariants = [\"g7\"]", "invariants = [\"g77\"]", "invariants: no \"g77\""),
        ("verified = true", "verified = \"yes\"", "verified is true or false"),
        ("kind = \"organisational\"", "kind = \"other\"", "kind: no other"),
    ] {
        let wrong = models.replacen(from, to, 1);
        assert_ne!(wrong, models, "{from}");
        let said = read(&wrong).unwrap_err();
        assert!(said.contains(why), "{from} → {to}: {said}");
    }
    assert!(read(&models).is_ok());
}
