using System.Text;
using MudBlazor;

namespace Tributary.Console.Shell;

/// <summary>
/// Writes the theme as a style sheet with both modes. Light and dark then change in the browser at once, before the first paint too, and no page needs a style
/// element of its own, which the content security policy forbids.
/// </summary>
internal static class ThemeSheet
{
    public static string Write()
    {
        var sheet = new StringBuilder();
        foreach (var (selector, isDark) in (ReadOnlySpan<(string, bool)>)[(":root", false), (":root[data-theme=\"dark\"]", true)])
        {
            sheet.Append(selector).Append("{\n").Append(new Variables(isDark).Text);
            foreach (var (name, light, dark) in ConsoleTheme.Extra) sheet.Append(name).Append(": ").Append(isDark ? dark : light).Append(";\n");
            sheet.Append("}\n");
        }

        return sheet.ToString();
    }

    // MudBlazor writes its variables inside a style element when its provider is rendered; here only the text of them is wanted.
    private sealed class Variables : MudThemeProvider
    {
        public Variables(bool isDark)
        {
#pragma warning disable BL0005 // It is never rendered: there is no renderer that could set the parameters.
            Theme = ConsoleTheme.Theme;
            IsDarkMode = isDark;
#pragma warning restore BL0005
        }

        public string Text
        {
            get
            {
                var element = BuildTheme();
                var from = element.IndexOf('{', StringComparison.Ordinal) + 1;
                return element[from..element.LastIndexOf('}')];
            }
        }
    }
}
