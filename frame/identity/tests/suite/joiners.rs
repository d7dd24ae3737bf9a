//! Joiners, movers and leavers from a file.

use identity::joiners::{self, Change, MistakeKind};
use identity::{IdentityError, PersonState, people};

use crate::town::towns;

const HEADER: &str = "異動区分,ログイン名,氏名,フリガナ,所属コード\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_applied_is_what_was_shown() {
    for town in towns().await {
        let chief = town.chief().await;
        let tax = town.open_section(&chief, "200").await;
        let mover = town.invite(&chief, "mover.one").await.person;
        let leaver = town.invite(&chief, "leaver.one").await.person;
        let file = format!(
            "\u{feff}{HEADER}採用,joiner.one,\"佐藤, 一\",サトウ ハジメ,200\n\
             異動,mover.one,山田 花子,ヤマダ ハナコ,200\n\n\
             異動,shi.taro,統括 太郎,トウカツ タロウ,100\n退職,leaver.one,,,\n"
        );
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let plan = joiners::plan(&mut work, &chief, file.as_bytes()).await.unwrap();
        assert_eq!((plan.changes.len(), plan.unchanged), (3, 1), "{}: {plan:?}", town.kind());
        assert_eq!(plan.mistakes, []);
        assert!(
            matches!(&plan.changes[0], Change::Join { line: 2, name, .. } if name.as_str() == "佐藤, 一")
        );
        assert_eq!(people::find(&mut work, leaver.id).await.unwrap().state, PersonState::Invited);

        let other = joiners::apply(&mut work, &chief, file.as_bytes(), "0").await;
        assert!(matches!(other, Err(IdentityError::Stale)), "{}", town.kind());
        joiners::apply(&mut work, &chief, file.as_bytes(), &plan.digest).await.unwrap();
        work.commit().await.unwrap();
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        assert_eq!(people::find(&mut work, leaver.id).await.unwrap().state, PersonState::Left);
        assert_eq!(people::find(&mut work, mover.id).await.unwrap().section, tax);
        let login = identity::Login::parse("joiner.one").unwrap();
        let joiner = people::by_login(&mut work, &login).await.unwrap().unwrap();
        assert_eq!((joiner.section, joiner.state), (tax, PersonState::Invited));
        // The same file once more is another plan by now.
        let again = joiners::apply(&mut work, &chief, file.as_bytes(), &plan.digest).await;
        assert!(matches!(again, Err(IdentityError::Stale)), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_shown_with_its_line_and_nothing_is_applied() {
    for town in towns().await {
        let chief = town.chief().await;
        let file = format!(
            "{HEADER}採用,ok.person,佐藤,サトウ,100\n採用,admin,佐藤,サトウ,100\n\
             採用,new.one,,サトウ,100\n採用,new.two,佐藤,,100\n採用,new.three,佐藤,サトウ,999\n\
             転職,new.four,佐藤,サトウ,100\n退職,nobody.here,,,\n異動,nobody.two,佐藤,サトウ,100\n\
             採用,shi.taro,佐藤,サトウ,100\n退職,shi.taro,,,\n採用,ok.person,佐藤,サトウ,100\n\
             採用,short\n"
        );
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let plan = joiners::plan(&mut work, &chief, file.as_bytes()).await.unwrap();
        let found: Vec<_> =
            plan.mistakes.iter().map(|mistake| (mistake.line, mistake.kind)).collect();
        use MistakeKind as M;
        let expected = [
            (3, M::Login),
            (4, M::Name),
            (5, M::Kana),
            (6, M::Section),
            (7, M::Change),
            (8, M::NoPerson),
            (9, M::NoPerson),
            (10, M::LoginTaken),
            (11, M::Twice),
            (12, M::Twice),
            (13, M::Fields),
        ];
        assert_eq!(found, expected, "{}", town.kind());
        let done = joiners::apply(&mut work, &chief, file.as_bytes(), &plan.digest).await;
        assert!(matches!(done, Err(IdentityError::Stale)), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_mistakes_and_no_more() {
    for town in towns().await {
        let chief = town.chief().await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let long = vec![b'a'; joiners::FILE_BYTES_MAX + 1];
        let many = format!("{HEADER}{}", "x,\n".repeat(30_000));
        let cases: [(&[u8], u64, MistakeKind); 7] = [
            (b"", 0, MistakeKind::Header),
            (b"a,b,c\n", 1, MistakeKind::Header),
            (b"change,login\n\xff\xfe\n", 2, MistakeKind::Encoding),
            ("異動区分,ログイン名\n\u{0}".as_bytes(), 1, MistakeKind::Header),
            (&long, 0, MistakeKind::TooLarge),
            (many.as_bytes(), 2, MistakeKind::Fields),
            (b"\"\"\"\"\"", 1, MistakeKind::Header),
        ];
        for (file, line, kind) in cases {
            let plan = joiners::plan(&mut work, &chief, file).await.unwrap();
            let first = plan.mistakes.first().map(|mistake| (mistake.line, mistake.kind));
            assert_eq!(first, Some((line, kind)), "{}", town.kind());
            assert!(plan.mistakes.len() < 2_000);
        }
    }
}
