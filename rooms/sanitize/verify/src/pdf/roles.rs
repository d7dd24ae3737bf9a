//! Roles: which keys a dictionary may have where the document uses it, and
//! which role each value has. Walks nothing.

/// What a value is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A number, name, string, or arrays of such.
    Plain,
    /// 7.7.2.
    Catalog,
    /// 7.7.3: a page or a node above pages.
    PageNode,
    /// An array of page nodes.
    PageNodes,
    /// A reference upwards that is not followed.
    Upwards,
    /// One content stream or an array of them.
    Contents,
    /// 7.8.3.
    Resources,
    /// A dictionary whose values all have one role.
    Fonts,
    XObjects,
    GStates,
    ColorSpaces,
    Patterns,
    Shadings,
    Glyphs,
    /// 9.5 to 9.7.
    Font,
    DescendantFonts,
    FontDescriptor,
    FontFile,
    Encoding,
    CMap,
    CidSystem,
    CidMap,
    /// 8.9 and 8.10.
    XObject,
    ColorSpace,
    Profile,
    CalibratedColor,
    Lookup,
    Colorants,
    Pattern,
    Shading,
    Function,
    Functions,
    GState,
    GStateFont,
    GStateFunction,
    Halftone,
    SoftMask,
    ImageMask,
    Group,
    DecodeParms,
    Glyph,
    /// 12.5.
    Annotations,
    Annotation,
    Border,
    Action,
    Destination,
    Destinations,
    Names,
    NameTree,
    NameTrees,
    Outlines,
    OutlineItem,
    ViewerPreferences,
    Info,
    Metadata,
}

/// Returns the role of the value under `key`, `None` when a dictionary of this
/// role may not have that key. `Length`, `Filter` and `DecodeParms` of streams
/// are looked at elsewhere.
pub(super) fn entry(role: Role, key: &[u8]) -> Option<Role> {
    use Role::{
        Action, Annotations, Border, CMap, CidMap, CidSystem, ColorSpace, ColorSpaces, Colorants,
        Contents, DescendantFonts, Destination, Destinations, Encoding, Font, FontDescriptor,
        FontFile, Fonts, Function, Functions, GState, GStateFont, GStateFunction, GStates, Glyphs,
        Group, Halftone, ImageMask, Metadata, NameTree, NameTrees, Names, OutlineItem, Outlines,
        PageNode, PageNodes, Pattern, Patterns, Plain, Resources, Shading, Shadings, SoftMask,
        Upwards, ViewerPreferences, XObject, XObjects,
    };
    if key == b"Type" {
        return Some(Plain);
    }
    let found = match role {
        Role::Catalog => match key {
            b"Pages" => PageNode,
            b"Outlines" => Outlines,
            b"Names" => Names,
            b"Dests" => Destinations,
            b"Version" | b"PageMode" | b"PageLayout" | b"Lang" => Plain,
            b"ViewerPreferences" => ViewerPreferences,
            b"Metadata" => Metadata,
            _ => return None,
        },
        PageNode => match key {
            b"Kids" => PageNodes,
            b"Parent" => Upwards,
            b"Count" | b"MediaBox" | b"CropBox" | b"BleedBox" | b"TrimBox" | b"ArtBox"
            | b"Rotate" | b"UserUnit" | b"Tabs" => Plain,
            b"Resources" => Resources,
            b"Contents" => Contents,
            b"Annots" => Annotations,
            b"Group" => Group,
            _ => return None,
        },
        Resources => match key {
            b"Font" => Fonts,
            b"XObject" => XObjects,
            b"ExtGState" => GStates,
            b"ColorSpace" => ColorSpaces,
            b"Pattern" => Patterns,
            b"Shading" => Shadings,
            b"ProcSet" => Plain,
            _ => return None,
        },
        Fonts => Font,
        XObjects => XObject,
        GStates => GState,
        ColorSpaces | Colorants => ColorSpace,
        Patterns => Pattern,
        Shadings => Shading,
        Glyphs => Role::Glyph,
        Font => match key {
            b"Subtype" | b"BaseFont" | b"Name" | b"FirstChar" | b"LastChar" | b"Widths"
            | b"FontBBox" | b"FontMatrix" | b"DW" | b"W" | b"DW2" | b"W2" => Plain,
            b"FontDescriptor" => FontDescriptor,
            b"Encoding" => Encoding,
            b"ToUnicode" => CMap,
            b"DescendantFonts" => DescendantFonts,
            b"CIDSystemInfo" => CidSystem,
            b"CIDToGIDMap" => CidMap,
            b"CharProcs" => Glyphs,
            b"Resources" => Resources,
            _ => return None,
        },
        FontDescriptor => match key {
            b"FontName" | b"FontFamily" | b"FontStretch" | b"FontWeight" | b"Flags"
            | b"FontBBox" | b"ItalicAngle" | b"Ascent" | b"Descent" | b"Leading" | b"CapHeight"
            | b"XHeight" | b"StemV" | b"StemH" | b"AvgWidth" | b"MaxWidth" | b"MissingWidth"
            | b"CharSet" | b"Lang" => Plain,
            b"FontFile" | b"FontFile2" | b"FontFile3" => FontFile,
            b"CIDSet" => CidMap,
            _ => return None,
        },
        FontFile => match key {
            b"Length1" | b"Length2" | b"Length3" | b"Subtype" => Plain,
            _ => return None,
        },
        Encoding => match key {
            b"BaseEncoding" | b"Differences" | b"CMapName" | b"WMode" => Plain,
            b"CIDSystemInfo" => CidSystem,
            b"UseCMap" => CMap,
            _ => return None,
        },
        CMap => match key {
            b"CMapName" | b"WMode" => Plain,
            b"CIDSystemInfo" => CidSystem,
            b"UseCMap" => CMap,
            _ => return None,
        },
        CidSystem => match key {
            b"Registry" | b"Ordering" | b"Supplement" => Plain,
            _ => return None,
        },
        XObject => match key {
            b"Subtype" | b"Width" | b"Height" | b"BitsPerComponent" | b"ImageMask" | b"Decode"
            | b"Interpolate" | b"Intent" | b"Matte" | b"Name" | b"FormType" | b"BBox"
            | b"Matrix" => Plain,
            b"ColorSpace" => ColorSpace,
            b"Mask" => ImageMask,
            b"SMask" => XObject,
            b"Resources" => Resources,
            b"Group" => Group,
            _ => return None,
        },
        Role::Profile => match key {
            b"N" | b"Range" => Plain,
            b"Alternate" => ColorSpace,
            _ => return None,
        },
        Role::CalibratedColor => match key {
            b"WhitePoint" | b"BlackPoint" | b"Gamma" | b"Matrix" | b"Range" => Plain,
            // Attributes of a DeviceN space (8.6.6.5).
            b"Subtype" => Plain,
            b"Colorants" => Colorants,
            _ => return None,
        },
        Pattern => match key {
            b"PatternType" | b"PaintType" | b"TilingType" | b"BBox" | b"XStep" | b"YStep"
            | b"Matrix" => Plain,
            b"Resources" => Resources,
            b"Shading" => Shading,
            b"ExtGState" => GState,
            _ => return None,
        },
        Shading => match key {
            b"ShadingType" | b"Background" | b"BBox" | b"AntiAlias" | b"Coords" | b"Domain"
            | b"Extend" | b"Matrix" | b"BitsPerCoordinate" | b"BitsPerComponent"
            | b"BitsPerFlag" | b"Decode" | b"VerticesPerRow" => Plain,
            b"ColorSpace" => ColorSpace,
            b"Function" => Functions,
            _ => return None,
        },
        Function => match key {
            b"FunctionType" | b"Domain" | b"Range" | b"Size" | b"BitsPerSample" | b"Order"
            | b"Encode" | b"Decode" | b"C0" | b"C1" | b"N" | b"Bounds" => Plain,
            b"Functions" => Functions,
            _ => return None,
        },
        GState => match key {
            b"LW" | b"LC" | b"LJ" | b"ML" | b"D" | b"RI" | b"OP" | b"op" | b"OPM" | b"FL"
            | b"SM" | b"SA" | b"BM" | b"CA" | b"ca" | b"AIS" | b"TK" | b"UseBlackPtComp" => Plain,
            b"Font" => GStateFont,
            b"BG" | b"BG2" | b"UCR" | b"UCR2" | b"TR" | b"TR2" => GStateFunction,
            b"HT" => Halftone,
            b"SMask" => SoftMask,
            _ => return None,
        },
        SoftMask => match key {
            b"S" | b"BC" => Plain,
            b"G" => XObject,
            b"TR" => GStateFunction,
            _ => return None,
        },
        Group => match key {
            b"S" | b"I" | b"K" => Plain,
            b"CS" => ColorSpace,
            _ => return None,
        },
        Role::DecodeParms => match key {
            b"Predictor"
            | b"Colors"
            | b"BitsPerComponent"
            | b"Columns"
            | b"Rows"
            | b"K"
            | b"EndOfLine"
            | b"EncodedByteAlign"
            | b"EndOfBlock"
            | b"BlackIs1"
            | b"DamagedRowsBeforeError"
            | b"ColorTransform"
            | b"EarlyChange" => Plain,
            _ => return None,
        },
        Role::Annotation => match key {
            b"Subtype" | b"Rect" | b"Border" | b"C" | b"H" | b"F" | b"QuadPoints" => Plain,
            b"BS" => Border,
            b"A" => Action,
            b"Dest" => Destination,
            _ => return None,
        },
        Border => match key {
            b"W" | b"S" | b"D" => Plain,
            _ => return None,
        },
        Action => match key {
            b"S" | b"URI" | b"IsMap" => Plain,
            b"D" => Destination,
            _ => return None,
        },
        Destinations => Destination,
        Names => match key {
            b"Dests" => NameTree,
            _ => return None,
        },
        NameTree => match key {
            b"Kids" => NameTrees,
            b"Names" => Destination,
            b"Limits" => Plain,
            _ => return None,
        },
        Outlines => match key {
            b"First" | b"Last" => OutlineItem,
            b"Count" => Plain,
            _ => return None,
        },
        OutlineItem => match key {
            b"Title" | b"Count" | b"C" | b"F" => Plain,
            b"Parent" | b"Prev" => Upwards,
            b"First" | b"Last" | b"Next" => OutlineItem,
            b"Dest" => Destination,
            b"A" => Action,
            _ => return None,
        },
        ViewerPreferences => match key {
            b"HideToolbar"
            | b"HideMenubar"
            | b"HideWindowUI"
            | b"FitWindow"
            | b"CenterWindow"
            | b"DisplayDocTitle"
            | b"NonFullScreenPageMode"
            | b"Direction"
            | b"PrintScaling"
            | b"Duplex"
            | b"NumCopies"
            | b"ViewArea"
            | b"ViewClip"
            | b"PrintArea"
            | b"PrintClip" => Plain,
            _ => return None,
        },
        Role::Info => match key {
            b"Title" | b"Author" | b"Subject" | b"Keywords" | b"Creator" | b"Producer"
            | b"CreationDate" | b"ModDate" | b"Trapped" => Plain,
            _ => return None,
        },
        Metadata => match key {
            b"Subtype" => Plain,
            _ => return None,
        },
        Destination => match key {
            b"D" => Destination,
            _ => return None,
        },
        Role::Plain
        | Role::CidMap
        | Role::Lookup
        | Role::Glyph
        | Upwards
        | PageNodes
        | Contents
        | DescendantFonts
        | Functions
        | GStateFont
        | GStateFunction
        | Halftone
        | ImageMask
        | Annotations
        | NameTrees
        | ColorSpace => return None,
    };
    Some(found)
}

/// Says whether a value of this role may be a stream.
pub(super) fn may_stream(role: Role) -> bool {
    matches!(
        role,
        Role::Contents
            | Role::FontFile
            | Role::Encoding
            | Role::CMap
            | Role::CidMap
            | Role::XObject
            | Role::ImageMask
            | Role::Profile
            | Role::Lookup
            | Role::Pattern
            | Role::Shading
            | Role::Function
            | Role::Functions
            | Role::GStateFunction
            | Role::Glyph
            | Role::Metadata
    )
}
