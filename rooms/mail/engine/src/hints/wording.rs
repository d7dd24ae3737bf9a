//! What a text says and how it is written. Words and letters only; the weight
//! of words that spam prefers is learned elsewhere.

use super::codes::{
    BANK_CHANGE, BLACKMAIL, CHINESE_FONTS, CHINESE_LETTERS, MIXED_KANA, MIXED_MARKS, MONEY,
    NO_SUBJECT, OTHER_LANGUAGE, SECRET, TRANSLATED, URGENT, URGENT_LINK,
};
use super::{Hints, Language, Setting};
use crate::message::Message;

/// Characters of a text that are looked at.
const CHARS_MAX: usize = 50_000;

pub(super) fn look(message: &Message, setting: &Setting, hints: &mut Hints) {
    if message.subject.trim().is_empty() {
        hints.add(&NO_SUBJECT, "");
    }
    let body: String = message.text.chars().take(CHARS_MAX).collect();
    let text = format!("{}\n{body}", message.subject);
    // Lines may be broken anywhere in Japanese.
    let joined: String =
        text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let has_way = !message.links.is_empty() || !message.attachments.is_empty();
    if let Some(word) = first(&joined, URGENCY) {
        hints.add(if has_way { &URGENT_LINK } else { &URGENT }, word);
    }
    if let Some(word) = first(&joined, PAYMENT) {
        hints.add(&MONEY, word);
    }
    if let Some(word) = first(&joined, CREDENTIALS) {
        hints.add(&SECRET, word);
    }
    if let Some(word) = first(&joined, NEW_ACCOUNT) {
        hints.add(&BANK_CHANGE, word);
    }
    let threats = THREATS.iter().filter(|word| joined.contains(*word)).count();
    if threats >= 2 && first(&joined, RANSOM).is_some() {
        hints.add(&BLACKMAIL, "");
    }
    let odd: Vec<&str> =
        TRANSLATIONS.iter().copied().filter(|word| joined.contains(word)).collect();
    if odd.len() >= 2 {
        hints.add(&TRANSLATED, &odd.join("・"));
    }
    let language = language(&body);
    if language == Some(Language::Japanese) {
        letters(&text, message, hints);
    }
    if let (Some(usual), Some(now)) = (setting.history.usual_language, language)
        && usual != now
    {
        hints.add(&OTHER_LANGUAGE, "");
    }
}

fn first<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    words.iter().copied().find(|word| text.contains(word))
}

/// Tells the language of a text by its letters; `None` for too few of them.
pub(super) fn language(text: &str) -> Option<Language> {
    const LETTERS_MIN: usize = 8;
    let count = |is: fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
    let kana = count(|c| matches!(c, '\u{3041}'..='\u{30FC}'));
    let kanji = count(|c| matches!(c, '\u{4E00}'..='\u{9FFF}'));
    let hangul = count(|c| matches!(c, '\u{AC00}'..='\u{D7A3}'));
    let cyrillic = count(|c| matches!(c, '\u{400}'..='\u{52F}'));
    let latin = count(|c| c.is_ascii_alphabetic());
    let wide = kana + kanji;
    if wide.max(hangul).max(cyrillic).max(latin) < LETTERS_MIN {
        return None;
    }
    // Addresses and signatures bring Latin letters into every text.
    Some(if hangul * 3 > latin && hangul > wide {
        Language::Korean
    } else if cyrillic * 3 > latin && cyrillic > wide {
        Language::Cyrillic
    } else if wide * 5 > latin {
        if kana * 20 >= wide { Language::Japanese } else { Language::Chinese }
    } else {
        Language::Latin
    })
}

fn letters(text: &str, message: &Message, hints: &mut Hints) {
    let simplified: Vec<char> = text.chars().filter(|c| SIMPLIFIED.contains(*c)).collect();
    let mut kinds = simplified.clone();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() >= 2 || simplified.len() >= 3 {
        hints.add(&CHINESE_LETTERS, &kinds.iter().take(10).collect::<String>());
    }
    let is_half = |c: char| matches!(c, '\u{FF66}'..='\u{FF9F}');
    let is_full = |c: char| matches!(c, '\u{30A1}'..='\u{30FA}');
    let pairs = text.chars().zip(text.chars().skip(1));
    let mixed =
        pairs.filter(|(one, two)| is_half(*one) && is_full(*two) || is_full(*one) && is_half(*two));
    if mixed.count() >= 2 {
        hints.add(&MIXED_KANA, "");
    }
    let commas = |mark: char| text.chars().filter(|c| *c == mark).count();
    if commas('、') >= 2 && commas('，') >= 2 {
        hints.add(&MIXED_MARKS, "");
    }
    let has =
        |list: &[&str]| message.fonts.iter().find(|font| list.iter().any(|one| font.contains(one)));
    if let Some(font) = has(CHINESE)
        && has(JAPANESE).is_none()
    {
        hints.add(&CHINESE_FONTS, font);
    }
}

/// Letters of simplified Chinese that Japanese does not write.
const SIMPLIFIED: &str = "\
    门发们这为说时过还进对开关问东车马鸟鱼长书见贝页风飞饭电话语请谢让认识议论译证评词试详误\
    课谁调谈读账货质购费资赏赛赠输转轻载较辅边达迁运违远连迟适选遗邮郑释针钟钢钱铁银锁错键镇\
    闭间闻阅队阳阴阶际陆陈险难雾韩项顺须预领频题额飘馆驱驶验骗龙龟义乐习买亚产亲亿仅仓仪优伟\
    传伤伦冻净减划刘则创务动劳势华协单卖卫厅历压厌县变吗员响围图园圆圣场块坚坛垫处备复头夺奋\
    奖妇妈娱孙宁实审宪宽寻导尔尘层岁岛岭币师帐带帮库应废张弹归录彻总恶悬惊惩惯戏战户执扩扫扬\
    抚抢护报拟拥择损换摄摆显晓暂术杀权杨极构标栋树样桥检欢毁毕汇汉沟泽洁测济浓润涨渔满滚灭灵\
    灾炼烂烦烧热爱狱猎环现珑琐畅疗疯监盘矿码砖确础离种积稳穷窍竞笔简类紧纪约级纯纲纳纷纸线练\
    组细织终绍经结给络绝统继绩续维综绿罗罚职联聪肃肠肤肾胜脑脸舰艺节苏荣药获莲营萧蓝虑虽补规\
    视觉览计订讨训讯记讲许设访诉诊诚";

const URGENCY: &[&str] = &[
    "至急",
    "緊急",
    "大至急",
    "本日中に",
    "24時間以内",
    "２４時間以内",
    "48時間以内",
    "期限が切れ",
    "直ちに",
    "今すぐ",
    "早急に",
    "最終通知",
    "最終警告",
    "重要なお知らせ",
    "アカウントを停止",
    "利用を停止",
    "利用制限",
    "差し押さえ",
    "法的措置",
    "urgent",
    "immediately",
    "within24hours",
    "finalnotice",
    "accountsuspended",
    "actionrequired",
];

const PAYMENT: &[&str] = &[
    "請求書",
    "お支払い",
    "振込",
    "振り込",
    "未払い",
    "未納",
    "還付金",
    "給付金の受け取り",
    "送金",
    "入金確認",
    "invoice",
    "paymentdue",
    "wiretransfer",
    "giftcard",
    "ギフトカード",
    "ビットコイン",
];

const CREDENTIALS: &[&str] = &[
    "パスワードを入力",
    "パスワードを更新",
    "パスワードの再設定",
    "パスワードの有効期限",
    "暗証番号を入力",
    "本人確認を",
    "ログインして確認",
    "アカウント情報を更新",
    "アカウントを確認",
    "お客様情報の確認",
    "クレジットカード情報",
    "ワンタイムパスワードを入力",
    "マイナンバーを入力",
    "メールボックスの容量",
    "メールボックスがいっぱい",
    "verifyyouraccount",
    "confirmyourpassword",
    "updateyouraccount",
    "resetyourpassword",
    "mailboxisfull",
    "passwordexpires",
    "passwordwillexpire",
];

const NEW_ACCOUNT: &[&str] = &[
    "振込先が変更",
    "振込先を変更",
    "振込先の変更",
    "口座が変更",
    "口座を変更",
    "新しい口座",
    "新口座",
    "newbankaccount",
    "changeofbank",
    "updatedbankdetails",
    "bankdetailshavechanged",
];

const THREATS: &[&str] = &[
    "あなたのデバイス",
    "ハッキング",
    "カメラで録画",
    "録画しました",
    "アダルト",
    "連絡先全員",
    "公開します",
    "トロイの木馬",
    "ハッカー",
    "yourdevice",
    "recorded",
    "webcam",
    "adultsite",
    "allyourcontacts",
];

const RANSOM: &[&str] = &["ビットコイン", "bitcoin", "btc", "仮想通貨", "暗号資産"];

/// Phrases of machine translation and of forged notices, each rare in honest
/// mail; two of them are hardly chance.
const TRANSLATIONS: &[&str] = &[
    "親愛なるお客様",
    "親愛なる顧客",
    "親愛なるユーザー",
    "尊敬するお客様",
    "貴重なお客様",
    "あなたのアカウント",
    "あなたの口座",
    "あなたのメール",
    "あなたの荷物",
    "あなたのパスワード",
    "私たちはあなた",
    "我々はあなた",
    "次のリンクをクリック",
    "下のリンクをクリック",
    "下記のリンクをクリック",
    "ここをクリックしてください",
    "ご迷惑をお掛けして誠に",
    "確認することができませんでした",
    "異常なログイン",
    "異常なアクティビティ",
    "永久に停止",
    "永久に閉鎖",
    "さもなければ",
    "心より感謝する",
    "御清聴",
    "添付を見つけてください",
    "添付ファイルを見つけてください",
    "良い一日を",
    "良い一日をお過ごし",
    "敬具をもって",
    "よろしくお願いいたし、",
    "お客様のアカウントは",
];

const CHINESE: &[&str] = &[
    "simsun",
    "nsimsun",
    "宋体",
    "simhei",
    "黑体",
    "microsoft yahei",
    "微软雅黑",
    "kaiti",
    "楷体",
    "fangsong",
    "仿宋",
    "dengxian",
    "等线",
    "pingfang sc",
    "stheiti",
    "stsong",
    "youyuan",
    "mingliu",
    "pmingliu",
    "microsoft jhenghei",
    "pingfang tc",
];

const JAPANESE: &[&str] = &[
    "meiryo",
    "メイリオ",
    "gothic",
    "ゴシック",
    "mincho",
    "明朝",
    "hiragino",
    "ヒラギノ",
    "osaka",
    "noto sans jp",
    "noto sans cjk jp",
    "ipa",
    "biz ud",
    "ud デジタル",
    "takao",
];
