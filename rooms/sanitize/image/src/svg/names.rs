//! Which elements, attributes and CSS properties of SVG 1.1, SVG 2 and their
//! filters pass. Data only.

use sanitize_core::Code;

use crate::codes;

/// Returns an element's name when it may pass.
pub(super) fn element(local: &str) -> Option<&'static str> {
    ELEMENTS.iter().copied().find(|&known| known == local)
}

/// Returns an attribute's name when it may pass.
pub(super) fn attribute(name: &str) -> Option<&'static str> {
    let known = |list: &[&'static str]| list.iter().copied().find(|&known| known == name);
    known(ATTRIBUTES).or_else(|| known(PROPERTIES))
}

/// Says whether a CSS property may pass.
pub(super) fn is_property(name: &str) -> bool {
    PROPERTIES.contains(&name)
}

/// Properties of editors and screens that change nothing seen.
pub(super) fn is_ignored_property(name: &str) -> bool {
    matches!(
        name,
        "enable-background" | "pointer-events" | "cursor" | "solid-color" | "solid-opacity"
    ) || name.starts_with("text-decoration-")
}

/// Attributes that say nothing about the picture or repeat what is known.
pub(super) fn is_ignored_attribute(name: &str) -> bool {
    matches!(
        name,
        "version"
            | "baseProfile"
            | "enable-background"
            | "pointer-events"
            | "cursor"
            | "type"
            | "media"
            | "zoomAndPan"
            | "contentScriptType"
            | "contentStyleType"
            | "role"
            | "tabindex"
            | "focusable"
            | "requiredFeatures"
            | "requiredExtensions"
            | "externalResourcesRequired"
    ) || name.starts_with("aria-")
        || name.starts_with("data-")
}

/// Names the reason why an element goes.
pub(super) fn why_not(local: &str, is_svg: bool) -> &'static Code {
    match local {
        "script" | "handler" | "listener" => &codes::SVG_SCRIPT,
        "foreignObject" | "iframe" | "object" | "embed" => &codes::SVG_FOREIGN,
        "animate" | "set" | "animateMotion" | "animateTransform" | "animateColor" | "mpath"
        | "discard" => &codes::SVG_ANIMATION,
        "metadata" => &codes::SVG_METADATA,
        _ if !is_svg => &codes::SVG_METADATA,
        _ => &codes::SVG_UNKNOWN,
    }
}

const ELEMENTS: &[&str] = &[
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "textPath",
    "image",
    "clipPath",
    "mask",
    "pattern",
    "marker",
    "linearGradient",
    "radialGradient",
    "stop",
    "filter",
    "style",
    "title",
    "desc",
    "switch",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
];

const ATTRIBUTES: &[&str] = &[
    "id",
    "class",
    "x",
    "y",
    "width",
    "height",
    "viewBox",
    "preserveAspectRatio",
    "transform",
    "d",
    "pathLength",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "x1",
    "y1",
    "x2",
    "y2",
    "points",
    "dx",
    "dy",
    "rotate",
    "textLength",
    "lengthAdjust",
    "startOffset",
    "method",
    "spacing",
    "clipPathUnits",
    "maskUnits",
    "maskContentUnits",
    "patternUnits",
    "patternContentUnits",
    "patternTransform",
    "markerUnits",
    "markerWidth",
    "markerHeight",
    "orient",
    "refX",
    "refY",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
    "fx",
    "fy",
    "fr",
    "offset",
    "filterUnits",
    "primitiveUnits",
    "in",
    "in2",
    "result",
    "mode",
    "values",
    "operator",
    "k1",
    "k2",
    "k3",
    "k4",
    "order",
    "kernelMatrix",
    "divisor",
    "bias",
    "targetX",
    "targetY",
    "edgeMode",
    "kernelUnitLength",
    "preserveAlpha",
    "surfaceScale",
    "diffuseConstant",
    "specularConstant",
    "specularExponent",
    "limitingConeAngle",
    "azimuth",
    "elevation",
    "z",
    "pointsAtX",
    "pointsAtY",
    "pointsAtZ",
    "scale",
    "xChannelSelector",
    "yChannelSelector",
    "stdDeviation",
    "radius",
    "baseFrequency",
    "numOctaves",
    "seed",
    "stitchTiles",
    "tableValues",
    "slope",
    "intercept",
    "amplitude",
    "exponent",
    "filterRes",
    "systemLanguage",
    "lang",
    "side",
];

const PROPERTIES: &[&str] = &[
    "alignment-baseline",
    "baseline-shift",
    "clip",
    "clip-path",
    "clip-rule",
    "color",
    "color-interpolation",
    "color-interpolation-filters",
    "color-rendering",
    "direction",
    "display",
    "dominant-baseline",
    "fill",
    "fill-opacity",
    "fill-rule",
    "filter",
    "flood-color",
    "flood-opacity",
    "font",
    "font-family",
    "font-size",
    "font-size-adjust",
    "font-stretch",
    "font-style",
    "font-variant",
    "font-weight",
    "font-feature-settings",
    "font-kerning",
    "glyph-orientation-horizontal",
    "glyph-orientation-vertical",
    "image-rendering",
    "isolation",
    "kerning",
    "letter-spacing",
    "lighting-color",
    "line-height",
    "marker",
    "marker-end",
    "marker-mid",
    "marker-start",
    "mask",
    "mask-type",
    "mix-blend-mode",
    "opacity",
    "overflow",
    "paint-order",
    "shape-rendering",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "text-align",
    "text-anchor",
    "text-decoration",
    "text-indent",
    "text-orientation",
    "text-overflow",
    "text-rendering",
    "text-transform",
    "transform",
    "transform-box",
    "transform-origin",
    "unicode-bidi",
    "vector-effect",
    "visibility",
    "white-space",
    "word-spacing",
    "writing-mode",
    "background",
    "background-color",
];
