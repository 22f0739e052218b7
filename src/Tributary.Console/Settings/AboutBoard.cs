using System.Reflection;
using System.Text.Json;

namespace Tributary.Console.Settings;

/// <summary>What the program is made of; it does not change while it runs.</summary>
internal static class AboutBoard
{
    /// <summary>The version, with the commit where the build names one.</summary>
    public static string Version { get; } = typeof(AboutBoard).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The packages that came with it, by name; empty where the list is not beside the program.</summary>
    public static IReadOnlyList<(string Name, string Version)> Packages { get; } = ReadPackages();

    private static List<(string Name, string Version)> ReadPackages()
    {
        if (Assembly.GetEntryAssembly()?.GetName().Name is not { } program) return [];
        try
        {
            using var list = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, program + ".deps.json")));
            return
            [
                .. list.RootElement.GetProperty("libraries").EnumerateObject()
                    .Where(library => library.Value.TryGetProperty("type", out var type) && type.ValueEquals("package"))
                    .Select(library => library.Name.Split('/')).Where(parts => parts.Length == 2).Select(parts => (parts[0], parts[1]))
                    .OrderBy(package => package.Item1, StringComparer.OrdinalIgnoreCase),
            ];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException)
        {
            // The list is for information; a program that was packed otherwise has none.
            return [];
        }
    }
}
