using System.Collections.Immutable;
using System.Reflection;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Functions;

/// <summary>A source function for the webhooks of a well-known product, to begin with.</summary>
/// <param name="Slug">E.g. <c>zendesk</c>.</param>
/// <param name="Name">What people read.</param>
/// <param name="Description">What to set up at the product, in a sentence.</param>
/// <param name="Settings">What an instance is asked for.</param>
internal sealed record FunctionTemplate(string Slug, string Name, string Description, ImmutableArray<FunctionSetting> Settings)
{
    /// <summary>Its JavaScript; lies beside this program as it is.</summary>
    public string Code { get; } = Read(Slug);

    private static string Read(string slug)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Tributary.Destinations.Functions.Templates.{slug}.js")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
