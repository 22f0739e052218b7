using MudBlazor;

namespace Tributary.Console.Shell;

/// <summary>
/// How the console looks: quiet greys with a breath of green, ink for what is said, river green for what can be done, and colour otherwise only where something is
/// the matter. Components of MudBlazor and our own styles read the same names; what is not a colour of MudBlazor is in <see cref="Extra"/>.
/// </summary>
public static class ConsoleTheme
{
    public const string Sans = "'Inter Variable', 'Inter', system-ui, 'Segoe UI', 'Roboto', 'Helvetica Neue', sans-serif";
    public const string Mono = "'JetBrains Mono Variable', 'JetBrains Mono', ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace";

    private static readonly string[] SansFamily = [Sans];

    /// <summary>The theme for MudBlazor.</summary>
    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0f6b5c",
            PrimaryContrastText = "#ffffff",
            Secondary = "#475a56",
            Tertiary = "#2f5f8f",
            Info = "#2b6496",
            Success = "#1d7a4b",
            Warning = "#8f5a00",
            Error = "#b3362c",
            Dark = "#16211f",
            TextPrimary = "#16211f",
            TextSecondary = "#566561",
            TextDisabled = "#667370",
            ActionDefault = "#475a56",
            ActionDisabled = "#9aa5a2",
            ActionDisabledBackground = "#e8ecea",
            Background = "#f4f6f5",
            BackgroundGray = "#eceff0",
            Surface = "#ffffff",
            DrawerBackground = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#16211f",
            LinesDefault = "#dfe5e3",
            LinesInputs = "#b9c4c1",
            TableLines = "#e8ecea",
            TableStriped = "#f8faf9",
            TableHover = "#f1f5f3",
            Divider = "#e3e8e6",
            Skeleton = "#e3e8e6",
            OverlayDark = "rgba(16,28,26,0.45)",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#5cc4ad",
            PrimaryContrastText = "#06201b",
            Secondary = "#a3b3af",
            Tertiary = "#8fb8e0",
            Info = "#86b7e4",
            Success = "#66c290",
            Warning = "#e2ad55",
            Error = "#f08d81",
            Dark = "#0a0f0e",
            TextPrimary = "#e4ebe9",
            TextSecondary = "#9fadaa",
            TextDisabled = "#879592",
            ActionDefault = "#a3b3af",
            ActionDisabled = "#5c6966",
            ActionDisabledBackground = "#232b2a",
            Background = "#0e1413",
            BackgroundGray = "#1b2322",
            Surface = "#151c1b",
            DrawerBackground = "#151c1b",
            AppbarBackground = "#151c1b",
            AppbarText = "#e4ebe9",
            LinesDefault = "#27312f",
            LinesInputs = "#465350",
            TableLines = "#212a28",
            TableStriped = "#181f1e",
            TableHover = "#1b2422",
            Divider = "#27312f",
            Skeleton = "#27312f",
            OverlayDark = "rgba(4,8,7,0.6)",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = SansFamily, FontSize = "0.8125rem", LineHeight = "1.5", LetterSpacing = "0" },
            H1 = new H1Typography { FontFamily = SansFamily, FontSize = "1.25rem", FontWeight = "620", LineHeight = "1.3", LetterSpacing = "-0.012em" },
            H2 = new H2Typography { FontFamily = SansFamily, FontSize = "0.9375rem", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "-0.006em" },
            H6 = new H6Typography { FontFamily = SansFamily, FontSize = "0.9375rem", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "0" },
            Body1 = new Body1Typography { FontFamily = SansFamily, FontSize = "0.8125rem", LineHeight = "1.5", LetterSpacing = "0" },
            Body2 = new Body2Typography { FontFamily = SansFamily, FontSize = "0.8125rem", LineHeight = "1.5", LetterSpacing = "0" },
            Button = new ButtonTypography { FontFamily = SansFamily, FontSize = "0.8125rem", FontWeight = "550", LineHeight = "1.5", LetterSpacing = "0", TextTransform = "none" },
            Caption = new CaptionTypography { FontFamily = SansFamily, FontSize = "0.75rem", LineHeight = "1.4", LetterSpacing = "0" },
        },
    };

    /// <summary>Our own names: light value, dark value.</summary>
    internal static (string Name, string Light, string Dark)[] Extra { get; } =
    [
        ("--sans", Sans, Sans),
        ("--mono", Mono, Mono),
        // The rail is dark in both modes: the one thing that stays when everything else changes.
        ("--rail", "#12211e", "#0a100f"),
        ("--rail-text", "#b4c4c0", "#9fadaa"),
        ("--rail-strong", "#f2f7f5", "#e4ebe9"),
        ("--rail-on", "#1f3631", "#1a2725"),
        ("--primary-soft", "#e2f0ec", "#17322d"),
        ("--success-soft", "#e0f2e8", "#15301f"),
        ("--warning-soft", "#f8ecd4", "#33270f"),
        ("--error-soft", "#fae4e1", "#381c18"),
        ("--info-soft", "#e2edf7", "#172838"),
        ("--neutral-soft", "#eaeeec", "#222b29"),
        // What became of events, the same everywhere: delivered or accepted, filtered, failed or discarded, pending.
        ("--flow-passed", "#2c8f78", "#45ab93"),
        ("--flow-filtered", "#8fa5b8", "#6a8196"),
        ("--flow-failed", "#cf5b4d", "#d96f61"),
        ("--flow-pending", "#d6a33f", "#c7973a"),
        ("--series-1", "#2c8f78", "#45ab93"),
        ("--series-2", "#3f78ad", "#6ca4d6"),
        ("--series-3", "#b07d2b", "#d4a552"),
        ("--series-4", "#8a63a6", "#b28fcd"),
        ("--series-5", "#b3576a", "#d98396"),
        ("--series-6", "#5d7d3a", "#93b56d"),
        ("--series-7", "#4a6a78", "#8aa9b6"),
        ("--series-8", "#7a6a58", "#b5a48f"),
    ];
}
