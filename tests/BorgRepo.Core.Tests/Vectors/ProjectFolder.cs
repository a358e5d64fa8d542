namespace BorgRepo.Core.Tests.Vectors;

/// <summary>Where the project lies, whichever folder the tests were built to.</summary>
internal static class ProjectFolder
{
    private static readonly Lazy<string> Root = new(Find);

    public static string Combine(params ReadOnlySpan<string> parts) => Path.Combine([Root.Value, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "BorgRepo.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds BorgRepo.sln.");
    }
}
