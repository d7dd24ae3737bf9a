//! What one job may cost. Each limit has a name, a unit and a code that the
//! report shows when it is reached.

use serde::{Deserialize, Serialize};

use crate::code::{Code, Kind};

/// The ceilings of one job, shared by everything nested in it.
///
/// Time and memory are held from outside by the worker's process limits;
/// everything else is counted inside by [`crate::Budget`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Size of one input file, in bytes.
    pub bytes_in_max: u64,
    /// Bytes that may be unpacked from it in all, nested archives included.
    pub bytes_out_max: u64,
    /// Unpacked bytes for one packed byte, once more than 32 MiB are out.
    pub ratio_max: u64,
    /// Archive members and package parts in all.
    pub entries_max: u64,
    /// How deep containers may be nested.
    pub depth_max: u32,
    /// How deep elements, objects or groups of one document may be nested.
    pub nesting_max: u32,
    /// Pixels of one image.
    pub image_pixels_max: u64,
    /// Pixels of all images in all.
    pub pixels_max: u64,
    /// Pages of one document.
    pub pages_max: u64,
    /// Objects, elements or records in all.
    pub objects_max: u64,
    /// Wall-clock time of one job, in milliseconds; held by the worker pool.
    pub time_ms_max: u64,
    /// Address space of one worker, in bytes; held by the kernel.
    pub memory_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_in_max: 512 << 20,
            bytes_out_max: 2 << 30,
            ratio_max: 200,
            entries_max: 20_000,
            depth_max: 8,
            nesting_max: 256,
            image_pixels_max: 100_000_000,
            pixels_max: 1_000_000_000,
            pages_max: 5_000,
            objects_max: 20_000_000,
            time_ms_max: 30_000,
            memory_bytes_max: 2 << 30,
        }
    }
}

macro_rules! limit_codes {
    ($($name:ident = $id:literal, $ja:literal, $en:literal;)*) => {
        $(#[doc = $en] pub const $name: Code = Code::new($id, Kind::Refusal, $ja, $en);)*
        /// Every code that a limit can give.
        pub const LIMIT_CODES: &[&Code] = &[$(&$name),*];
    };
}

limit_codes! {
    BYTES_IN = "limit-bytes-in",
        "ファイルが大きすぎるため処理しませんでした。分割して送り直してください",
        "the file is larger than the limit; send it in parts";
    BYTES_OUT = "limit-bytes-out",
        "展開後の大きさが上限を超えたため中止しました(圧縮爆弾の疑い)",
        "unpacking went over the size limit and was stopped (it may be a bomb)";
    RATIO = "limit-ratio",
        "圧縮率が異常に高いため中止しました(圧縮爆弾の疑い)",
        "the packing ratio is beyond the limit (it may be a bomb)";
    ENTRIES = "limit-entries",
        "中に含まれるファイルの数が上限を超えています",
        "there are more members than the limit allows";
    DEPTH = "limit-depth",
        "入れ子の段数が上限を超えています",
        "containers are nested deeper than the limit allows";
    NESTING = "limit-nesting",
        "文書の内部構造の入れ子が深すぎます",
        "the document's structure is nested deeper than the limit allows";
    PIXELS = "limit-pixels",
        "画像の画素数が上限を超えています",
        "an image has more pixels than the limit allows";
    PAGES = "limit-pages",
        "ページ数が上限を超えています",
        "there are more pages than the limit allows";
    OBJECTS = "limit-objects",
        "文書の内部要素の数が上限を超えています",
        "the document has more objects than the limit allows";
    TIME = "limit-time",
        "制限時間内に処理が終わらなかったため打ち切りました",
        "the job did not end within its time and was stopped";
    MEMORY = "limit-memory",
        "メモリーの上限に達したため打ち切りました",
        "the job reached its memory limit and was stopped";
}
