using Tributary.Engine.Audiences;
using Tributary.Engine.Lake.SqlTraits;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Files;

/// <summary>Lets the console write the workspace file of the server that it runs in.</summary>
internal static class WorkspaceFileServices
{
    public static IServiceCollection AddWorkspaceFile(this IServiceCollection services) => services.AddSingleton(provider => new WorkspaceFileDesk(hasWriteKeys =>
    {
        var present = PresentWorkspace.Of(
            provider.GetRequiredService<LiveWorkspace>().Current, provider.GetRequiredService<DestinationCatalog>(), provider.GetRequiredService<ComputationQueries>(),
            provider.GetRequiredService<SqlTraitBook>(), provider.GetRequiredService<TimeProvider>());
        var export = new WorkspaceExport(present, hasWriteKeys);
        return new WorkspaceFileText(JsonYaml.Write(export.File()), [.. export.Variables]);
    }));
}
