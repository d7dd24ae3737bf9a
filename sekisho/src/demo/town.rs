//! Who there is in the example town. Every name is invented; the codes belong
//! to no municipality.

use identity::Role;

/// A body with its sections and people.
pub(super) struct Town {
    /// Official code; the prefecture's number is a real one, as none is free.
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) kana: &'static str,
    /// Code, name, and the code of the bureau above.
    pub(super) sections: &'static [(&'static str, &'static str, Option<&'static str>)],
    /// The first is the first officer.
    pub(super) people: &'static [Member],
}

/// One of its people.
pub(super) struct Member {
    pub(super) login: &'static str,
    pub(super) name: &'static str,
    pub(super) kana: &'static str,
    pub(super) section: &'static str,
    /// Each for the whole body, or for the member's own section.
    pub(super) roles: &'static [(Role, Reach)],
}

/// Where a role holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Body,
    Own,
}
use Reach::{Body, Own};

const fn member(
    login: &'static str,
    name: &'static str,
    kana: &'static str,
    section: &'static str,
    roles: &'static [(Role, Reach)],
) -> Member {
    Member { login, name, kana, section, roles }
}

pub(super) const PREFECTURE: Town = Town {
    code: "190004",
    name: "緑ヶ丘県",
    kana: "ミドリガオカケン",
    sections: &[("digital", "デジタル戦略課", None), ("audit", "監査委員事務局", None)],
    people: &[
        member(
            "kuroda.makoto",
            "黒田 誠",
            "クロダ マコト",
            "digital",
            &[(Role::ChiefOfficer, Body)],
        ),
        member("shirai.noboru", "白井 昇", "シライ ノボル", "digital", &[(Role::Ciso, Body)]),
        member(
            "hayashi.mika",
            "林 美香",
            "ハヤシ ミカ",
            "digital",
            &[(Role::Supporter, Body), (Role::Staff, Body)],
        ),
        member("mori.kenji", "森 健二", "モリ ケンジ", "digital", &[(Role::SectionManager, Own)]),
        member("kishi.ayaka", "岸 彩香", "キシ アヤカ", "audit", &[(Role::Auditor, Body)]),
    ],
};

pub(super) const CITY: Town = Town {
    code: "198013",
    name: "みどり市",
    kana: "ミドリシ",
    sections: &[
        ("soumu", "総務部", None),
        ("joho", "情報政策課", Some("soumu")),
        ("zei", "税務課", Some("soumu")),
        ("fukushi", "福祉課", None),
        ("kansa", "監査委員事務局", None),
        ("itaku", "委託事業者", None),
    ],
    people: &[
        member("tanaka.hiroshi", "田中 博", "タナカ ヒロシ", "joho", &[(Role::ChiefOfficer, Body)]),
        member("suzuki.keiko", "鈴木 恵子", "スズキ ケイコ", "soumu", &[(Role::Ciso, Body)]),
        member(
            "takahashi.osamu",
            "高橋 修",
            "タカハシ オサム",
            "soumu",
            &[(Role::BureauOfficer, Own)],
        ),
        member("ito.sachiko", "伊藤 幸子", "イトウ サチコ", "zei", &[(Role::SectionManager, Own)]),
        member(
            "watanabe.jun",
            "渡辺 淳",
            "ワタナベ ジュン",
            "fukushi",
            &[(Role::SectionManager, Own)],
        ),
        member("mori.naoki", "森 直樹", "モリ ナオキ", "joho", &[(Role::SectionManager, Own)]),
        member(
            "yamamoto.akira",
            "山本 明",
            "ヤマモト アキラ",
            "joho",
            &[(Role::SystemManager, Body)],
        ),
        member(
            "nakamura.yui",
            "中村 結衣",
            "ナカムラ ユイ",
            "joho",
            &[(Role::SystemOperator, Body)],
        ),
        member(
            "kobayashi.dai",
            "小林 大",
            "コバヤシ ダイ",
            "joho",
            &[(Role::IncidentHandler, Body)],
        ),
        member("kato.masako", "加藤 正子", "カトウ マサコ", "kansa", &[(Role::AuditLead, Body)]),
        member("yoshida.rei", "吉田 玲", "ヨシダ レイ", "kansa", &[(Role::Auditor, Body)]),
        member("yamada.hanako", "山田 花子", "ヤマダ ハナコ", "zei", &[(Role::Staff, Own)]),
        member("sasaki.taro", "佐々木 太郎", "ササキ タロウ", "zei", &[(Role::Staff, Own)]),
        member("yamaguchi.emi", "山口 絵美", "ヤマグチ エミ", "fukushi", &[(Role::Staff, Own)]),
        member(
            "matsumoto.ken",
            "松本 健",
            "マツモト ケン",
            "itaku",
            &[(Role::ContractorLead, Own)],
        ),
        member(
            "inoue.mari",
            "井上 真理",
            "イノウエ マリ",
            "itaku",
            &[(Role::ContractorWorker, Own)],
        ),
    ],
};

pub(super) const TOWN: Town = Town {
    code: "198021",
    name: "若葉町",
    kana: "ワカバチョウ",
    sections: &[("soumu", "総務課", None), ("jumin", "住民課", None)],
    people: &[
        member("kimura.toru", "木村 徹", "キムラ トオル", "soumu", &[(Role::ChiefOfficer, Body)]),
        member("saito.yoko", "斎藤 洋子", "サイトウ ヨウコ", "soumu", &[(Role::Ciso, Body)]),
        member("shimizu.go", "清水 剛", "シミズ ゴウ", "jumin", &[(Role::SectionManager, Own)]),
        member("abe.nanami", "阿部 七海", "アベ ナナミ", "jumin", &[(Role::Staff, Own)]),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use identity::{BodyCode, BodyKind, Login};

    #[test]
    fn codes_logins_and_sections_fit() {
        for (town, kind) in [
            (PREFECTURE, BodyKind::Prefecture),
            (CITY, BodyKind::Municipality),
            (TOWN, BodyKind::Municipality),
        ] {
            assert_eq!(BodyCode::parse(town.code).map(BodyCode::kind), Ok(kind), "{}", town.name);
            for member in town.people {
                assert!(Login::parse(member.login).is_ok(), "{}", member.login);
                assert!(town.sections.iter().any(|section| section.0 == member.section));
            }
        }
    }

    #[test]
    fn every_role_has_somebody() {
        let people = [PREFECTURE, CITY, TOWN].map(|town| town.people);
        for role in Role::ALL {
            let has = |member: &Member| member.roles.iter().any(|(one, _)| one == role);
            assert!(people.iter().any(|people| people.iter().any(has)), "{role:?}");
        }
    }
}
